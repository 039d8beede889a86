import weakref

import numpy as np
import pytest

from daiw.files.audio import read_audio, write_wav_float
from daiw.measure.loudness import arc_correlation, integrated_lufs, section_lufs
from daiw.measure.spectrum import band_balance_db, correlation, mono_loss_db, width
from daiw.music.audio import Audio, Mix, Stem
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import Plan, Section
from daiw.music.score import Timeline
from daiw.music.styles.mix import DelayStyle, MixStyle, ReverbStyle, RoleMix
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.stages.mix import mix

RATE = 48_000
ENERGIES = (0.2, 0.5, 0.9, 0.6, 1.0, 0.3)
ROLES = ("melody", "chords", "pad", "bass", "drums", "counter")


def song(seconds: float = 12.0, seed: int = 1) -> tuple[Stem, ...]:
    """Six plausible stems at 120 bpm, every other one mono, at levels all over the place."""
    t = np.arange(int(seconds * RATE)) / RATE
    chance = np.random.default_rng(seed)
    beat = t % 0.5
    root = np.array([55.0, 43.65, 65.4, 49.0])[(t // 2).astype(int) % 4]
    phase = np.cumsum(root) / RATE

    def harmonics(ratio: float, count: int) -> np.ndarray:
        return np.sum([np.sin(2 * np.pi * k * ratio * phase) / k for k in range(1, count + 1)], axis=0)

    kick = np.sin(2 * np.pi * (50 * beat + 3 * (1 - np.exp(-beat * 30)))) * np.exp(-beat * 9)
    hats = chance.standard_normal((2, len(t))) * np.exp(-(t % 0.25) * 60) * 0.1
    pads = [np.sum([np.sin(2 * np.pi * phase * 4 * r * d) for r in (1, 1.25, 1.5)], axis=0) for d in (1.001, 0.999)]
    sounds = {
        "melody": harmonics(8, 6) * np.exp(-beat * 3) * 0.3,
        "chords": np.stack([harmonics(4, 4) + harmonics(5, 3), harmonics(4, 4) + harmonics(6, 3)]) * np.exp(-(t % 1)) * 0.05,
        "pad": np.stack(pads) * 0.3,
        "bass": harmonics(1, 6) * 0.02,
        "drums": kick + hats,
        "counter": harmonics(12, 4) * np.exp(-(t % 1) * 2) * 0.9,
    }
    return tuple(Stem(role, Audio(np.atleast_2d(sounds[role]).astype(np.float32))) for role in ROLES)


def plan(*, bars_each: int = 1, cues: Cues | None = None) -> Plan:
    usual = Cues(120.0, 0.0, 66.0, 0.5, 0.2, 80.0, 0.9, 0.0, 0.0, 1.6, 0.6)
    sections = tuple(
        Section("verse", "A", i * bars_each, bars_each, energy, Emotion(0.0, 0.0), 0.5, ROLES) for i, energy in enumerate(ENERGIES)
    )
    timeline = Timeline(TempoMap((Tempo(0, 120.0),)), end=1920 * bars_each * len(ENERGIES))
    return Plan("t", Key.parse("C major"), Meter(), timeline, "climb-to-climax", sections, (), ROLES, cues or usual, 1)


def stem_of(done: Mix, role: str) -> Audio:
    return next(stem.audio for stem in done.stems if stem.role == role)


@pytest.fixture(scope="module")
def done() -> Mix:
    return mix(song(), MixStyle(), plan=plan())


def test_mix_is_exactly_the_sum_of_its_stems(done: Mix):
    total = np.zeros_like(done.audio.samples)
    for stem in done.stems:
        total = total + stem.audio.samples
    assert [stem.role for stem in done.stems] == [*ROLES, "reverb", "delay"]
    assert np.abs(done.audio.samples).max() > 0.05
    np.testing.assert_array_equal(total, done.audio.samples)


def test_files_null_below_minus_90_dbfs(done: Mix, tmp_path):
    rest = read_audio(write_wav_float(tmp_path / "mix.wav", done.audio)).samples.astype(np.float64)
    for stem in done.stems:
        rest = rest - read_audio(write_wav_float(tmp_path / f"{stem.role}.wav", stem.audio)).samples
    assert np.abs(rest).max() < 10 ** (-90 / 20)


def test_every_role_stands_at_its_loudness(done: Mix):
    style = MixStyle(ride_db=0.0)
    balanced = mix(song(), style, plan=plan())
    melody = integrated_lufs(stem_of(balanced, "melody"))
    for role in ROLES:
        want = style.role(role).level_lu
        assert integrated_lufs(stem_of(balanced, role)) - melody == pytest.approx(want, abs=1.2), role


def test_levels_of_the_stems_do_not_matter():
    quiet = tuple(Stem(stem.role, Audio(stem.audio.samples * np.float32(0.1 + 0.3 * i))) for i, stem in enumerate(song(6.0)))
    one, two = mix(song(6.0), MixStyle(), plan=plan()), mix(quiet, MixStyle(), plan=plan())
    assert integrated_lufs(one.audio) == pytest.approx(integrated_lufs(two.audio), abs=0.2)


def test_leaves_headroom(done: Mix):
    assert 10 ** (-9 / 20) < np.abs(done.audio.samples).max() <= 10 ** (-3 / 20) + 1e-5


def test_bass_is_mono_and_the_sum_survives_mono(done: Mix):
    assert correlation(done.audio, 100.0) > 0.95
    assert mono_loss_db(done.audio) < 3.0


def test_a_bass_apart_in_both_ears_is_brought_together():
    apart = np.cumsum(np.random.default_rng(2).standard_normal((2, 2 * RATE)), axis=1)
    apart -= np.linspace(apart[:, 0], apart[:, -1], apart.shape[1], axis=1)
    done = mix((Stem("bass", Audio((apart / np.abs(apart).max()).astype(np.float32))),), MixStyle(roles={"bass": RoleMix(width=1.0)}))
    assert correlation(done.audio, 60.0) > 0.95


@pytest.mark.parametrize("leak", [0.0, 0.3, 1.0])
def test_stems_that_cancel_in_mono_are_made_safe(leak: float):
    chance = np.random.default_rng(3).standard_normal((2, 3 * RATE))
    done = mix((Stem("texture", Audio(np.stack([chance[0], leak * chance[1] - chance[0]]).astype(np.float32))),), MixStyle(width=1.0))
    assert mono_loss_db(done.audio) < 3.0


def test_spread_makes_mono_wide_and_vanishes_in_mono():
    def chords(spread: float) -> Audio:
        style = MixStyle(width=0.6, follow=0.0, ride_db=0.0, roles={"chords": RoleMix(spread=spread, pan=0.0)})
        mono = Audio(song(4.0)[1].audio.samples.mean(axis=0, keepdims=True, dtype=np.float32))
        return stem_of(mix((Stem("chords", mono),), style, plan=plan()), "chords")

    narrow, wide = chords(0.0), chords(0.6)
    assert width(narrow) == 0.0
    assert 0.3 < width(wide) < 0.65
    mono = [audio.samples[:, : 4 * RATE].sum(axis=0) for audio in (narrow, wide)]
    level = np.dot(*mono) / np.dot(mono[1], mono[1])
    np.testing.assert_allclose(mono[0], mono[1] * level, atol=1e-4)


def test_hissing_hats_are_tamed():
    hats = np.diff(np.random.default_rng(1).standard_normal(2 * RATE + 3), 3) * 0.1
    done = mix((Stem("drums", Audio(hats[None].astype(np.float32))),), MixStyle())
    before, after = band_balance_db(Audio(hats[None].astype(np.float32))), band_balance_db(stem_of(done, "drums"))
    assert (after["air"] - after["brilliance"]) < (before["air"] - before["brilliance"]) - 4.0


def test_one_hit_that_stands_out_is_held():
    steady = 0.1 * np.sin(2 * np.pi * 200 * np.arange(6 * RATE) / RATE)
    steady[3 * RATE : 3 * RATE + 200] *= 5
    done = mix((Stem("Track 1", Audio(steady[None].astype(np.float32))),), MixStyle(reverb=ReverbStyle(level_db=-40.0)))
    level = np.abs(stem_of(done, "Track 1").samples[0])
    assert level[3 * RATE : 3 * RATE + 400].max() / level[RATE : 2 * RATE].max() == pytest.approx(2.5, abs=0.5)


def test_ducking_lowers_the_bass_under_the_kick():
    def bass_under_kick(duck_db: float) -> float:
        style = MixStyle(roles={"bass": RoleMix(duck_db=duck_db)}, reverb=ReverbStyle(level_db=-40.0))
        bass = stem_of(mix(song(6.0), style, plan=plan()), "bass").samples[0]
        frames = (np.arange(2, 10) * RATE // 2)[:, None]
        under = (bass[frames + np.arange(500, 3000)] ** 2).mean()
        between = (bass[frames + np.arange(20_000, 23_000)] ** 2).mean()
        return float(10 * np.log10(under / between))

    assert bass_under_kick(12.0) < bass_under_kick(0.0) - 6.0


def test_section_loudness_follows_the_arc():
    moved, still = (mix(song(), MixStyle(ride_db=ride), plan=plan()) for ride in (3.0, 0.0))
    bounds = tuple(2.0 * i for i in range(len(ENERGIES) + 1))
    follows = arc_correlation(section_lufs(moved.audio, bounds), ENERGIES)
    assert follows > 0.9
    assert follows > arc_correlation(section_lufs(still.audio, bounds), ENERGIES)


def test_emotion_bends_room_tone_and_width():
    sad = Cues(70.0, -0.6, 60.0, 0.3, 0.3, 50.0, 1.0, 8.0, -3.0, 3.5, 0.2)
    glad = Cues(130.0, 0.9, 70.0, 0.7, 0.1, 90.0, 0.7, -3.0, 3.0, 0.6, 0.9)
    dark, bright = (mix(song(8.0), MixStyle(), plan=plan(cues=cues)) for cues in (sad, glad))
    assert band_balance_db(bright.audio)["air"] > band_balance_db(dark.audio)["air"] + 3
    assert width(bright.audio) > width(dark.audio)
    assert dark.audio.duration_s > bright.audio.duration_s + 0.5


def test_echo_is_in_time():
    click = np.zeros((1, RATE), np.float32)
    click[0, :300] = np.sin(np.arange(300) / 8)
    style = MixStyle(delay=DelayStyle(beats=0.75), reverb=ReverbStyle(level_db=-40.0))
    echo = np.abs(stem_of(mix((Stem("melody", Audio(click)),), style, plan=plan()), "delay").samples).max(axis=0)
    first = int(np.argmax(echo > 0.2 * echo.max()))
    assert first == pytest.approx(0.75 * 0.5 * RATE, abs=60)


@pytest.mark.parametrize("with_plan", [True, False])
def test_silence_and_odd_stems_do_no_harm(with_plan: bool):
    stems = (
        Stem("melody", Audio(np.zeros((2, RATE), np.float32))),
        Stem("Acoustic Grand #2", Audio((0.2 * np.sin(np.arange(RATE) / 20))[None].astype(np.float32))),
        Stem("bass", Audio(np.zeros((1, 0), np.float32))),
        Stem("drums", Audio(np.full((2, 7), 1e-9, np.float32))),
    )
    done = mix(stems, MixStyle(), plan=plan() if with_plan else None)
    assert np.isfinite(done.audio.samples).all()
    assert not stem_of(done, "melody").samples.any()
    assert np.abs(stem_of(done, "drums").samples).max() < 2e-9, "near silence must not be turned up"
    assert np.abs(done.audio.samples).max() > 0.01


def test_only_silence_is_a_second_of_silence():
    done = mix((Stem("melody", Audio(np.zeros((2, 5 * RATE), np.float32))),), MixStyle())
    assert not done.audio.samples.any()
    assert done.audio.duration_s == 1.0


def test_a_strangers_balance_is_mostly_his():
    t = np.arange(2 * RATE) / RATE
    pair = tuple(
        Stem(f"track {i}", Audio((level * np.sin(2 * np.pi * 500 * t))[None].astype(np.float32))) for i, level in enumerate((0.4, 0.04))
    )
    done = mix(pair, MixStyle())
    apart = integrated_lufs(stem_of(done, "track 0")) - integrated_lufs(stem_of(done, "track 1"))
    assert 11.0 < apart < 15.0
    assert "delay" not in [stem.role for stem in done.stems]


def test_tail_rings_out(done: Mix):
    assert 12.5 < done.audio.duration_s < 17.0
    assert np.abs(done.audio.samples[:, -RATE // 2 :]).max() < 1e-4


def test_is_the_same_every_time(done: Mix):
    np.testing.assert_array_equal(mix(song(), MixStyle(), plan=plan()).audio.samples, done.audio.samples)


def test_inputs_are_left_alone():
    stems = song(3.0)
    before = [stem.audio.samples.copy() for stem in stems]
    mix(stems, MixStyle(), plan=plan())
    for stem, samples in zip(stems, before, strict=True):
        np.testing.assert_array_equal(stem.audio.samples, samples)


def test_says_what_it_did(done: Mix):
    told = {decision.subject: decision for decision in done.decisions}
    assert {"balance", "room", "ducking"} <= told.keys()
    assert "bass" in told["balance"].choice
    assert "LUFS" in told["balance"].evidence


def test_our_own_faults_are_value_errors():
    with pytest.raises(ValueError, match="at least one stem"):
        mix((), MixStyle())
    short = Audio(np.zeros((1, 10), np.float32), 44_100)
    with pytest.raises(ValueError, match="different sample rates"):
        mix((*song(1.0), Stem("x", short)), MixStyle())
    with pytest.raises(ValueError, match="got 3 channels"):
        mix((Stem("x", Audio(np.zeros((3, 10), np.float32))),), MixStyle())
    with pytest.raises(ValueError, match=r"pan must lie in -1\.\.1, got 3"):
        RoleMix(pan=3.0)


def test_a_section_of_one_thin_part_is_lifted_but_not_a_loud_one():
    thin = tuple(Stem(s.role, Audio(s.audio.samples * np.where(np.arange(s.audio.frames) < 2 * RATE, np.float32(0.02), 1))) for s in song())
    lifted, still = (mix(thin, MixStyle(ride_db=ride), plan=plan()) for ride in (1.0, 0.0))
    quiet, loud = (section_lufs(done.audio, (0.0, 2.0, 4.0)) for done in (lifted, still))
    assert 5.0 < (quiet[0] - quiet[1]) - (loud[0] - loud[1]) < 11.0


def bits(done: Mix) -> dict[str, bytes]:
    return {stem.role: stem.audio.samples.tobytes() for stem in done.stems}


def test_kept_settings_give_the_same_samples(done: Mix):
    again = mix(song(), MixStyle(), plan=plan(), settings=done.settings)
    assert bits(again) == bits(done)
    assert again.settings == done.settings


def test_a_new_melody_moves_no_other_stem(done: Mix):
    """Drums replaced by silence would open the ducking, a louder part would move faders and rides: not with kept settings."""
    for role in ("melody", "drums"):
        louder = tuple(Stem(s.role, Audio(s.audio.samples[:, ::-1] * np.float32(0.3))) if s.role == role else s for s in song())
        again = mix(louder, MixStyle(), plan=plan(), settings=done.settings)
        same = {stem for stem, samples in bits(again).items() if samples == bits(done)[stem]}
        assert same >= set(ROLES) - {role}
        assert role not in same
        assert bits(mix(louder, MixStyle(), plan=plan()))["bass"] != bits(done)["bass"] or role == "melody"


def test_finished_stems_are_taken_as_they_are(done: Mix):
    """Even the returns come out alike when only the melody is played again: stems hold all that the buses hear."""
    heard = {stem.role: stem for stem in done.stems}
    mixed = tuple(stem if stem.role == "melody" else heard[stem.role] for stem in song())
    assert bits(mix(mixed, MixStyle(), plan=plan(), settings=done.settings, done=set(ROLES) - {"melody"})) == bits(done)


def test_a_new_role_joins_a_kept_mix(done: Mix):
    voice = Stem("vocal", Audio(song()[0].audio.samples * np.float32(0.1)))
    more = mix((*song(), voice), MixStyle(), plan=plan(), settings=done.settings)
    assert {role: bits(more)[role] for role in ROLES} == {role: bits(done)[role] for role in ROLES}
    assert integrated_lufs(stem_of(more, "vocal")) > -30.0
    assert more.settings.channel("vocal").gain_db > 10.0


def test_stems_nobody_else_holds_are_gone_when_the_faders_go_up(monkeypatch):
    import daiw.stages.mix as stage

    stems = song(2.0)[:3]
    sounds = [weakref.ref(stem.audio.samples.base) for stem in stems]
    left = []
    monkeypatch.setattr(stage, "_balanced", lambda channels, strangers: left.append([ref() is not None for ref in sounds]) or channels)
    given = iter(stems)
    del stems
    mix(given, MixStyle())
    assert left == [[False, False, False]]
