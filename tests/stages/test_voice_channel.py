"""The voice's place in a mix, on sounds made by hand."""

from dataclasses import replace

import numpy as np
import pytest
from tests.stages.test_mix import RATE, plan, song, stem_of

from daiw.dsp.dynamics import CONTROL_HOP
from daiw.files.preset import load_preset, preset_paths
from daiw.measure.loudness import HOPS_PER_S, k_power_fast
from daiw.measure.spectrum import band_balance_db
from daiw.music.audio import Audio, Stem
from daiw.music.rules import RuleBreak
from daiw.music.styles.mix import MixStyle
from daiw.stages.mix import mix
from daiw.stages.voice_channel import voice_envelope

VOICES = ("vocal", "backing", "double left", "double right")
SUNG_S = ((2.0, 5.0), (7.0, 11.0))


def voice(seconds: float = 12.0, level: float = 0.02) -> Audio:
    """A buzz with formants of a sort, silent but for `SUNG_S`."""
    t = np.arange(int(seconds * RATE)) / RATE
    buzz = np.sum([np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 18)], axis=0)
    gate = np.zeros(len(t))
    for start, end in SUNG_S:
        gate[int(start * RATE) : int(end * RATE)] = 1.0
    return Audio((level * gate * buzz)[None].astype(np.float32).repeat(2, axis=0))


@pytest.fixture(scope="module")
def stems():
    return (Stem("vocal", voice()), *song(12.0))


def stands_at(done, style):
    """Loudness of the voice against all that is no voice and no return, over the hops in which it sounds."""
    power = {stem.role: k_power_fast(stem.audio) for stem in done.stems}
    hops = np.concatenate([np.arange(round(a * HOPS_PER_S) + 2, round(b * HOPS_PER_S) - 2) for a, b in SUNG_S])
    band = sum(level[hops].mean() for role, level in power.items() if role not in (*VOICES, "reverb", "delay"))
    return 10 * np.log10(power["vocal"][hops].mean() / band)


@pytest.mark.parametrize("level", [0.002, 0.2])
@pytest.mark.parametrize("target", [-6.0, 1.0])
def test_the_voice_stands_within_one_lu_of_its_place(stems, target, level):
    style = MixStyle(voice_lu=target)
    done = mix((Stem("vocal", voice(level=level)), *stems[1:]), style, plan=plan())
    assert stands_at(done, style) == pytest.approx(target, abs=1.0)


def test_buried_vocals_are_low_dull_and_wet(stems):
    clear = mix(stems, MixStyle(), plan=plan())
    far = mix(stems, MixStyle(), plan=replace(plan(), breaks=(RuleBreak("BuriedVocals", "she is far away"),)))
    half = mix(stems, MixStyle(), plan=replace(plan(), breaks=(RuleBreak("BuriedVocals", "she is far away", 0.5),)))
    assert stands_at(far, MixStyle()) - stands_at(clear, MixStyle()) == pytest.approx(-8.0, abs=1.0)
    assert stands_at(half, MixStyle()) - stands_at(clear, MixStyle()) == pytest.approx(-4.0, abs=1.0)
    tone = [band_balance_db(stem_of(done, "vocal")) for done in (clear, far)]
    assert tone[1]["presence"] < tone[0]["presence"] - 2.0
    assert "BuriedVocals: she is far away" in " ".join(decision.because for decision in far.decisions)


def test_pads_give_way_while_the_voice_sings_and_come_back(stems):
    with_voice, without = (mix(each, MixStyle(ride_db=0.0), plan=plan()) for each in (stems, stems[1:]))
    pads = [k_power_fast(stem_of(done, "pad")) for done in (with_voice, without)]
    drop = 10 * np.log10(np.maximum(pads[0][:100], 1e-12) / np.maximum(pads[1][:100], 1e-12))
    assert drop[35] - drop[10] == pytest.approx(-3.0, abs=0.4)
    assert drop[62] - drop[10] == pytest.approx(0.0, abs=0.4)


def test_a_mix_made_again_from_its_settings_ducks_alike(stems):
    first = mix(stems, MixStyle(), plan=plan())
    again = mix(stems, MixStyle(), plan=plan(), settings=first.settings)
    assert first.settings.voice
    assert np.array_equal(first.audio.samples, again.audio.samples)


def test_the_envelope_opens_before_and_closes_after():
    envelope = voice_envelope(((20, 50), (52, 60)), 8 * RATE // CONTROL_HOP, RATE)

    def at(seconds):
        return envelope[int(seconds * RATE / CONTROL_HOP)]

    assert at(1.5) == 0.0
    assert at(2.05) == at(4.9) == at(5.1) == 1.0
    assert 0.3 < at(6.2) < 0.7
    assert at(6.6) == 0.0


@pytest.mark.parametrize("name", sorted(preset_paths()))
def test_every_preset_has_a_place_for_the_voice(name):
    preset = load_preset(preset_paths()[name])
    assert -5.0 <= preset.mix.voice_lu <= 3.0
    assert [insert.effect for insert in preset.render.inserts["vocal"]] == ["highpass", "deesser", "compressor"]
    assert preset.mix.role("vocal").reverb_db > -20.0
    assert preset.mix.role("pad").voice_duck_db > 0.0
