"""A stem that has not changed is not rendered again, and one that has is."""

from dataclasses import replace

import numpy as np
import pytest

from daiw.cli.main import main
from daiw.errors import PluginFault
from daiw.files.shipped import shipped
from daiw.files.stem_cache import StemCache
from daiw.host.chain import Chain
from daiw.host.instruments import open_instruments
from daiw.host.registry import load_manifests
from daiw.music.audio import Audio
from daiw.music.manifest import Insert
from daiw.music.score import Arrangement, Control, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.stages.render import render, stem_key

RATE = 24_000


class Counted:
    """An instrument that counts how often it played."""

    def __init__(self, name="a"):
        self.name, self.played = name, []

    def __call__(self, track, timeline, sample_rate):
        self.played.append(track.role)
        frames = [round(timeline.tempos.seconds(note.start) * sample_rate) for note in track.notes]
        samples = np.zeros((2, max(frames) + 100), np.float32)
        for frame, note in zip(frames, track.notes, strict=True):
            samples[:, frame] += note.velocity / 127.0
        return Audio(samples, sample_rate)

    def identity(self, role):
        return self.name


def track(role, *notes, **more):
    return Track(role, "counted", tuple(Note(start, 100, 60, velocity) for start, velocity in notes), **more)


SONG = Arrangement((track("bass", (0, 90), (480, 80)), track("melody", (0, 100), (960, 70))), Timeline())


def test_an_edit_of_one_part_renders_that_part_only(tmp_path):
    cache, player = StemCache(tmp_path), Counted()
    first = render(SONG, {"counted": player}, sample_rate=RATE, cache=cache)
    assert sorted(player.played) == ["bass", "melody"]
    player.played.clear()
    again = render(SONG, {"counted": player}, sample_rate=RATE, cache=cache)
    assert player.played == []
    for a, b in zip(first, again, strict=True):
        assert a.role == b.role
        np.testing.assert_array_equal(a.audio.samples, b.audio.samples)
    edited = replace(SONG, tracks=(SONG.tracks[0], track("melody", (0, 100), (960, 71))))
    changed = render(edited, {"counted": player}, sample_rate=RATE, cache=cache)
    assert player.played == ["melody"]
    fresh = render(edited, {"counted": Counted()}, sample_rate=RATE)
    for a, b in zip(changed, fresh, strict=True):
        np.testing.assert_array_equal(a.audio.samples, b.audio.samples)


def test_everything_that_decides_the_sound_is_in_the_key(tmp_path):
    player, base = Counted(), SONG.tracks[0]
    timeline = Timeline()
    other_tempo = Timeline(TempoMap((Tempo(0, 121.0),)))
    chain = Chain((Insert("gain", {"gain_db": -3.0}),))
    seen = [
        stem_key(base, timeline, RATE, player, None),
        stem_key(base, timeline, 48_000, player, None),
        stem_key(base, other_tempo, RATE, player, None),
        stem_key(base, timeline, RATE, Counted("b"), None),
        stem_key(base, timeline, RATE, player, chain),
        stem_key(base, timeline, RATE, player, Chain((Insert("gain", {"gain_db": -4.0}),))),
        stem_key(replace(base, controls=(Control(0, "cc", 7, 90),)), timeline, RATE, player, None),
        stem_key(replace(base, bend_range=12.0), timeline, RATE, player, None),
        stem_key(replace(base, program=3), timeline, RATE, player, None),
        stem_key(replace(base, notes=(*base.notes, Note(5000, 10, 61, 5))), timeline, RATE, player, None),
        stem_key(replace(base, notes=(replace(base.notes[0], lyric="la"), *base.notes[1:])), timeline, RATE, player, None),
    ]
    assert None not in seen
    assert len(set(seen)) == len(seen)
    assert stem_key(base, Timeline(markers=((0, "Verse"),)), RATE, player, None) == seen[0]  # a section's name sounds like nothing


def test_a_machine_without_identity_is_never_cached(tmp_path):
    calls = []

    def plain(track, timeline, sample_rate):
        calls.append(track.role)
        return Audio(np.ones((2, 10), np.float32), sample_rate)

    for _ in range(2):
        render(SONG, {"counted": plain}, sample_rate=RATE, cache=StemCache(tmp_path))
    assert len(calls) == 4
    assert not list(tmp_path.iterdir())


def test_a_stem_with_a_fallback_in_it_is_not_kept(tmp_path):
    class Broken(Counted):
        def __call__(self, track, timeline, sample_rate):
            raise PluginFault("broken", "crash", "ended by SIGSEGV")

        def instead(self, fault):
            return Counted("other"), "other"

    stems = render(SONG, {"counted": Broken()}, sample_rate=RATE, cache=StemCache(tmp_path))
    assert all(stem.decisions for stem in stems)
    assert not list(tmp_path.glob("*/*"))


def test_every_shipped_instrument_of_ours_has_an_identity_of_its_own():
    manifests = load_manifests([shipped("plugins")])
    names = [name for name, manifest in manifests.items() if manifest.kind == "instrument" and manifest.engine in ("synth", "soundfont")]
    found = {name: instrument.identity("x") for name, instrument in open_instruments(names, manifests).items()}
    assert None not in found.values()
    assert len(set(found.values())) == len(found) > 40


@pytest.mark.slow
def test_a_song_is_the_same_byte_for_byte_with_the_cache_and_without(tmp_path, monkeypatch):
    monkeypatch.setenv("DAIW_CACHE", str(tmp_path / "cache"))
    for folder, more in (("cold", []), ("warm", []), ("none", ["--no-cache"])):
        words = [
            "make",
            "the last bus home",
            "--preset",
            "lofi",
            "--bars",
            "4",
            "--seed",
            "3",
            "--quiet",
            "-o",
            str(tmp_path / folder),
            *more,
        ]
        assert main(words) == 0
        if folder == "cold":
            kept = len(list((tmp_path / "cache").glob("*/*.stem")))
            assert kept >= 3
    assert len(list((tmp_path / "cache").glob("*/*.stem"))) == kept
    names = sorted(path.relative_to(tmp_path / "cold").as_posix() for path in (tmp_path / "cold").rglob("*.wav"))
    assert len(names) >= 5
    for name in [*names, "song.mid"]:
        cold, warm, none = ((tmp_path / folder / name).read_bytes() for folder in ("cold", "warm", "none"))
        assert cold == warm == none, name


def test_an_unchanged_voice_is_not_sung_again_and_everything_it_depends_on_is_in_the_key(monkeypatch):
    from daiw.host import identity
    from daiw.singing import voice_net

    manifests = load_manifests([shipped("plugins")])
    voices = [name for name, manifest in manifests.items() if manifest.kind == "voice"]
    opened = open_instruments(voices, manifests)
    sung = Track("vocal", "voice_heart", (Note(480, 480, 62, 80, "la", ("L", "AA1")),))

    def key(track=sung, voice="voice_heart"):
        return stem_key(track, Timeline(), 48_000, opened[voice], None)

    seen = [
        key(),
        *(key(voice=name) for name in voices if name != "voice_heart"),
        key(replace(sung, notes=(replace(sung.notes[0], phonemes=("L", "UW1")),))),
        key(replace(sung, controls=(Control(0, "cc", 16, 40),))),  # PitchImperfection
        key(replace(sung, controls=(Control(0, "cc", 18, 90),))),  # BreathPauses
        key(replace(sung, role="double left")),
    ]
    assert None not in seen
    assert len(set(seen)) == len(seen)
    own = replace(manifests["voice_heart"], sha256="another", params={"formant": 1.05})
    assert identity.manifest_identity(own, {}, None) != identity.manifest_identity(manifests["voice_heart"], {}, None)
    monkeypatch.setattr(voice_net, "weights", lambda: {"synthesis.onnx": "other weights"})
    assert key() != seen[0]


def test_the_second_song_takes_its_voice_from_the_cache(tmp_path):
    manifests = load_manifests([shipped("plugins")])
    song = Arrangement((Track("vocal", "voice_heart", (Note(480, 480, 62, 80, "la", ("L", "AA1")),)),), Timeline())
    first = render(song, open_instruments(["voice_heart"], manifests), cache=StemCache(tmp_path))
    kept = open_instruments(["voice_heart"], manifests)
    kept["voice_heart"].engine.net.spectra = None  # would be called if it sang
    again = render(song, kept, cache=StemCache(tmp_path))
    np.testing.assert_array_equal(first[0].audio.samples, again[0].audio.samples)
