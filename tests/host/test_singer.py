import shutil

import numpy as np
import pytest

from daiw.errors import ModelError, PluginError
from daiw.files.shipped import shipped
from daiw.host.instruments import fingerprint, open_instrument
from daiw.host.registry import load_manifests
from daiw.host.singer import Singer, octave_shift, open_singer
from daiw.music.score import Control, Note, Timeline, Track
from daiw.music.time import Tempo, TempoMap
from daiw.singing.voice import Voice
from daiw.singing.voice_net import MODEL_FOLDER, VoiceNet, shared_net

SIXTY = Timeline(tempos=TempoMap((Tempo(0, 60.0),)))
LA = ("L", "AA1")


def sung(*notes, controls=(), voice=None, role="vocal", rate=48_000):
    singer = Singer(voice or Voice(), 48, 77, shared_net())
    return singer(Track(role, "voice_heart", notes, controls=controls), SIXTY, rate).samples


def level_db(samples):
    return 10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-12)


def bands(samples):
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / 48_000)
    return 10 * np.log10(power[(hz > 1000) & (hz < 5000)].sum() / power[(hz > 50) & (hz < 1000)].sum())


def test_the_shipped_voices_open_and_say_their_range_and_weights():
    manifests = load_manifests([shipped("plugins")])
    voices = [manifest for manifest in manifests.values() if manifest.kind == "voice"]
    assert len(voices) >= 3
    for manifest in voices:
        assert isinstance(open_instrument(manifest.name, manifests).engine, Singer)
        assert manifest.range[0] <= manifest.comfort[0] < manifest.comfort[1] <= manifest.range[1]
    assert len(fingerprint("voice_heart", manifests)["synthesis.onnx_sha256"]) == 64


@pytest.mark.parametrize("pitch", [55, 62, 69])
def test_it_sings_the_pitch_it_is_given(pitch_of_middle, pitch):
    samples = sung(Note(480, 960, pitch, 90, "la", LA), voice=Voice(vibrato_cents=0.0, drift_cents=0.0))
    assert pitch_of_middle(samples[0]) == pytest.approx(440.0 * 2 ** ((pitch - 69) / 12), rel=0.004)


@pytest.fixture
def pitch_of_middle():
    def measure(samples):
        part = samples[round(1.4 * 48_000) : round(2.4 * 48_000)].astype(np.float64)
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 19))
        hz = np.fft.rfftfreq(1 << 19, 1 / 48_000)
        low, high = np.searchsorted(hz, (60.0, 1000.0))
        score = sum(np.log(spectrum[low * k : high * k : k] + 1e-9)[: high - low] for k in (1, 2, 3))
        return hz[low + int(np.argmax(score))]

    return measure


def test_there_is_no_tone_at_the_frame_rate_under_a_held_note():
    samples = sung(Note(480, 2880, 67, 90, "la", LA), voice=Voice(vibrato_cents=0.0, drift_cents=0.0))[0]
    part = samples[2 * 48_000 : 4 * 48_000].astype(np.float64)
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(part * np.hanning(len(part)))) + 1e-12)
    hz = np.fft.rfftfreq(len(part), 1 / 48_000)
    tone = spectrum[(hz > 380) & (hz < 405)].max()
    for multiple in (80, 160, 240, 320):
        line = spectrum[np.abs(hz - multiple) < 1.5].max()
        around = np.median(spectrum[(np.abs(hz - multiple) > 3) & (np.abs(hz - multiple) < 20)])
        assert line < around + 14, multiple
        assert line < tone - 30


def test_silence_stays_silent_and_nothing_clips_clicks_or_leans():
    samples = sung(
        Note(480, 960, 62, 127, "strong", ("S", "T", "R", "AO1", "NG")),
        Note(4800, 960, 67, 127, "la", LA),
        controls=(Control(0, "cc", 18, 0),),
    )[0]
    assert np.abs(samples[: round(0.05 * 48_000)]).max() == 0.0
    assert np.abs(samples).max() < 0.95
    assert abs(samples.mean()) < 1e-5
    assert np.abs(np.diff(samples)).max() < 0.25
    assert level_db(samples[round(4.0 * 48_000) : round(8.5 * 48_000)]) < -90


def test_the_same_track_gives_the_same_samples_and_another_take_does_not():
    notes = (Note(480, 960, 62, 90, "la", LA), Note(1440, 960, 64, 90, "la", LA))
    once, twice, other = sung(*notes), sung(*notes), sung(*notes, role="double left")
    np.testing.assert_array_equal(once, twice)
    frames = min(once.shape[1], other.shape[1])
    assert np.corrcoef(once[0, :frames], other[0, :frames])[0, 1] < 0.95


def test_effort_makes_it_louder_and_brighter_and_breath_noisier():
    note = Note(480, 1920, 62, 80, "la", LA)
    part = slice(round(1.5 * 48_000), round(4.5 * 48_000))
    soft, loud = (sung(note, controls=(Control(0, "cc", 74, value),))[0, part] for value in (10, 118))
    assert level_db(loud) > level_db(soft) + 5
    assert bands(loud) > bands(soft) + 3


def test_a_whisper_has_no_pitch_and_breath_lowers_the_harmonic_share():
    note = Note(480, 1920, 62, 80, "la", LA)
    part = slice(round(1.5 * 48_000), round(3.5 * 48_000))

    def harmonic_share(samples):
        lag = round(48_000 / 293.665)
        return np.corrcoef(samples[:-lag], samples[lag:])[0, 1]

    plain = Voice(vibrato_cents=0.0, drift_cents=0.0)
    shares = [
        harmonic_share(sung(note, controls=controls, voice=plain)[0, part])
        for controls in ((), (Control(0, "cc", 2, 127),), (Control(0, "cc", 17, 127),))
    ]
    assert shares[0] > shares[1] > shares[2]
    assert shares[0] > 0.9
    assert shares[2] < 0.3


def test_a_larger_mouth_lowers_the_formants_and_keeps_the_pitch(pitch_of_middle):
    note = Note(480, 960, 52, 90, "la", LA)

    def envelope(samples):
        """Decibels of the smoothed spectrum over a grid of log frequency, 600 to 4500 Hz."""
        part = samples[0, round(1.4 * 48_000) : round(2.4 * 48_000)]
        power = np.convolve(np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2, np.hanning(320), "same")
        grid = 600.0 * (4500.0 / 600.0) ** np.linspace(0.0, 1.0, 400)
        decibels = 10 * np.log10(np.interp(grid, np.fft.rfftfreq(len(part), 1 / 48_000), power))
        return decibels - np.polyval(np.polyfit(np.arange(400), decibels, 2), np.arange(400))

    small, large = (sung(note, voice=Voice(formant=formant, vibrato_cents=0.0)) for formant in (1.12, 0.85))
    above, below = envelope(small), envelope(large)
    match = [np.corrcoef(above[max(k, 0) : 400 + min(k, 0)], below[max(-k, 0) : 400 - max(k, 0)])[0, 1] for k in range(-80, 81)]
    moved = np.log(4500.0 / 600.0) / 399 * (int(np.argmax(match)) - 80)
    assert moved == pytest.approx(np.log(1.12 / 0.85), abs=0.08)
    assert pitch_of_middle(large[0]) == pytest.approx(pitch_of_middle(small[0]), rel=0.01)


def test_a_melody_out_of_range_is_moved_by_whole_octaves():
    notes = tuple(Note(i * 480, 480, pitch, 80) for i, pitch in enumerate((79, 81, 84)))
    assert octave_shift(notes, 52, 74) == -12
    assert octave_shift(notes[:0], 52, 74) == 0
    assert octave_shift((Note(0, 480, 60, 80),), 52, 74) == 0


def test_other_sample_rates_last_as_long():
    note = Note(480, 480, 62, 90, "la", LA)
    assert sung(note, rate=44_100).shape[1] / 44_100 == pytest.approx(sung(note).shape[1] / 48_000, abs=0.001)


@pytest.mark.parametrize("damage", ["missing", "truncated", "no card"])
def test_damaged_weights_are_named_in_one_line(tmp_path, damage):
    folder = tmp_path / "singer"
    shutil.copytree(MODEL_FOLDER, folder)
    if damage == "missing":
        (folder / "synthesis.onnx").unlink()
    elif damage == "truncated":
        (folder / "prosody.onnx").write_bytes((folder / "prosody.onnx").read_bytes()[:1000])
    else:
        (folder / "card.toml").unlink()
    with pytest.raises(ModelError, match="reinstall daiw"):
        VoiceNet(folder).load()


def test_a_setting_nobody_knows_is_refused():
    with pytest.raises(PluginError, match="wobble"):
        open_singer({"wobble": 1.0}, (52, 74), "here")
    with pytest.raises(PluginError, match="formant"):
        open_singer({"formant": 9.0}, (52, 74), "here")
