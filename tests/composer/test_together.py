"""Blend and spread of those who sing with the voice, heard in the audio."""

from itertools import pairwise

import numpy as np
import pytest

from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.files.preset import find_preset, load_preset, preset_paths
from daiw.host.instruments import open_instrument
from daiw.measure.loudness import integrated_lufs
from daiw.music.audio import Stem
from daiw.music.intent import Wishes
from daiw.pipeline import arrange, compose, mix, plan, understand
from daiw.studio import Studio

WORDS = "[Verse]\nHold the paper up\nKeep a table clear\n[Chorus]\nTake the coat to town\nTell the people too\n"
RATE = 48_000


@pytest.fixture(scope="module")
def studio():
    return Studio(use_cache=False)


@pytest.fixture(scope="module")
def sung(studio):
    """Sings a song's voice and doubles: wishes -> plan, preset and the stems."""
    stems = {}

    def sing(blend_lu=None, spread_ms=None, preset="pop"):
        chosen = find_preset(preset)
        wishes = Wishes(preset=preset, bars=8, bpm=100.0, company=("doubles",), blend_lu=blend_lu, spread_ms=spread_ms)
        intent = understand("the last train has gone", wishes=wishes, lyrics=parse_lyrics(WORDS), studio=studio)
        outline = plan(intent, chosen, studio=studio)
        arrangement = arrange(compose(outline, chosen, studio=studio), outline, chosen, studio=studio)
        singers = [track for track in arrangement.tracks if track.role in ("vocal", "double left", "double right")]
        key = tuple((track.role, track.controls) for track in singers)
        if key not in stems:
            instrument = open_instrument(outline.voice.name, studio.manifests)
            stems[key] = tuple(Stem(track.role, instrument(track, arrangement.timeline, RATE)) for track in singers)
        return outline, chosen, stems[key]

    return sing


def offsets_ms(stems):
    """How far each double's lines lie from the voice's: the shift at which their envelopes agree best, by line."""
    lead, *doubles = (stem.audio.samples.mean(axis=0) for stem in stems)
    smooth = np.hanning(RATE // 100)
    envelope = [np.convolve(np.abs(part[: len(lead)]), smooth, "same")[::48] for part in (lead, *doubles)]
    loud = np.flatnonzero(envelope[0] > 0.02 * envelope[0].max())
    lines = [line for line in np.split(loud, np.flatnonzero(np.diff(loud) > 250) + 1) if len(line) > 400]
    shifts = np.arange(-90, 91)
    found = []
    for other in envelope[1:]:
        for line in lines:
            span = np.arange(max(line[0], 100), min(line[-1], len(other) - 100))
            found.append(shifts[int(np.argmax([np.corrcoef(envelope[0][span], other[span + shift])[0, 1] for shift in shifts]))])
    return np.array(found, float)


def test_spread_is_heard_as_milliseconds_between_the_takes(sung):
    heard = {ms: offsets_ms(sung(spread_ms=ms)[2]) for ms in (0.0, 10.0, 18.0, 36.0)}
    typical = [float(np.sqrt(np.mean(heard[ms] ** 2))) for ms in heard]
    assert len(heard[0.0]) >= 4
    assert typical[0] < 6.0  # what the instrument sees between two takes that begin together
    assert all(later > earlier + 2.0 for earlier, later in pairwise(typical))
    assert 18.0 < typical[-1] < 54.0
    assert np.corrcoef(heard[18.0], heard[36.0])[0, 1] > 0.9  # the same singer, further off


def test_blend_is_heard_as_loudness_of_the_doubles_beside_the_voice(sung):
    levels = []
    for blend in (-6.0, 0.0, 6.0):
        outline, chosen, stems = sung(blend_lu=blend)
        done = {stem.role: integrated_lufs(stem.audio) for stem in mix(stems, chosen, plan=outline).stems}
        levels.append(done["double left"] - done["vocal"])
    assert np.diff(levels) == pytest.approx([6.0, 6.0], abs=0.2)


def test_both_are_told_and_the_style_has_its_own(sung, tmp_path):
    outline, _, _ = sung(blend_lu=3.0, spread_ms=30.0)
    [told] = [decision for decision in outline.decisions if decision.subject == "blend and spread"]
    assert told.choice == "doubles within 30 ms of the voice, +3 LU against their usual place"
    assert "You asked for it." in told.because
    path = tmp_path / "own.toml"
    text = preset_paths()["pop"].read_text()
    path.write_text(text.replace("[plan.vocal]", "[plan.vocal]\nblend_lu = -2.0\nspread_ms = 25.0"))
    style = load_preset(path).plan.vocal
    assert (style.blend_lu, style.spread_ms) == (-2.0, 25.0)


@pytest.mark.parametrize(("wish", "value"), [("blend_lu", 40.0), ("spread_ms", -1.0), ("spread_ms", float("nan"))])
def test_impossible_wishes_are_named(sung, wish, value):
    with pytest.raises(PromptError, match=r"--blend must|--spread must"):
        sung(**{wish: value})
