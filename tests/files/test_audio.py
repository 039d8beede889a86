import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.errors import FileFormatError, OutputError
from daiw.files.audio import MASTER_WRITERS, read_audio, write_flac, write_mp3, write_wav_24, write_wav_float
from daiw.music.audio import Audio


def sound(channels: int = 2, frames: int = 100_000, rate: int = 48_000) -> Audio:
    samples = np.random.default_rng(frames).uniform(-0.9, 0.9, (channels, frames))
    return Audio(samples.astype(np.float32), rate)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [0, 1, 65_536, 100_000])
def test_float_wav_gives_back_every_bit(tmp_path: Path, channels: int, frames: int):
    audio = sound(channels, frames, 44_100)
    back = read_audio(write_wav_float(tmp_path / "x.wav", audio))
    assert back.sample_rate == 44_100
    np.testing.assert_array_equal(back.samples, audio.samples)


def test_float_wav_keeps_what_exceeds_full_scale(tmp_path: Path):
    loud = Audio(np.array([[3.0, -7.5, 1e-30]], np.float32))
    np.testing.assert_array_equal(read_audio(write_wav_float(tmp_path / "x.wav", loud)).samples, loud.samples)


@pytest.mark.parametrize("write", [write_wav_24, write_flac])
def test_24_bit_formats_are_true_to_their_last_bit(tmp_path: Path, write):
    audio = sound()
    back = read_audio(write(tmp_path / "x", audio))
    assert back.samples.shape == audio.samples.shape
    assert np.abs(back.samples - audio.samples).max() <= 2**-23


def test_flac_holds_the_same_samples_as_the_wav(tmp_path: Path):
    audio = sound()
    wav, flac = read_audio(write_wav_24(tmp_path / "x.wav", audio)), read_audio(write_flac(tmp_path / "x.flac", audio))
    np.testing.assert_array_equal(wav.samples, flac.samples)


def test_24_bit_clips_instead_of_wrapping(tmp_path: Path):
    back = read_audio(write_wav_24(tmp_path / "x.wav", Audio(np.array([[2.0, -2.0]], np.float32))))
    np.testing.assert_allclose(back.samples, [[1.0, -1.0]], atol=1e-6)


def test_mp3_sounds_like_what_was_written(tmp_path: Path):
    t = np.arange(96_000) / 48_000
    tone = np.stack([0.5 * np.sin(2 * np.pi * 440 * t), 0.25 * np.sin(2 * np.pi * 880 * t)]).astype(np.float32)
    back = read_audio(write_mp3(tmp_path / "x.mp3", Audio(tone)))
    assert back.sample_rate == 48_000
    assert abs(back.frames - 96_000) < 3000
    middle = back.samples[:, 24_000:72_000]
    for channel, hz, level in ((0, 440, 0.5), (1, 880, 0.25)):
        spectrum = np.abs(np.fft.rfft(middle[channel]))
        assert np.argmax(spectrum) == hz
        assert np.sqrt(2 * (middle[channel] ** 2).mean()) == pytest.approx(level, rel=0.01)


def test_mp3_refuses_rates_it_lacks(tmp_path: Path):
    with pytest.raises(ValueError, match="MP3 has no 96000 Hz"):
        write_mp3(tmp_path / "x.mp3", sound(rate=96_000))


@pytest.mark.parametrize("ending", sorted(MASTER_WRITERS))
def test_same_sound_same_bytes(tmp_path: Path, ending: str):
    one, two = (MASTER_WRITERS[ending](tmp_path / name, sound(frames=48_000)).read_bytes() for name in ("a", "b"))
    assert one == two
    assert len(one) > 10_000


@pytest.mark.parametrize("ending", sorted(MASTER_WRITERS))
def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path, ending: str):
    with pytest.raises(OutputError, match=r"no/x: cannot be written \(No such file or directory\)"):
        MASTER_WRITERS[ending](tmp_path / "no" / "x", sound(frames=10))


@pytest.mark.parametrize("write", [write_wav_float, write_wav_24, write_flac, write_mp3])
def test_a_full_disk_is_one_line(write):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(OutputError, match="/dev/full: cannot be written"):
        write(full, sound(frames=300_000))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00", b"hello" * 100, b"fLaC\x00\x00"])
def test_broken_files_are_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"x\.wav: not a sound file"):
        read_audio(path)


def test_a_lying_length_is_refused(tmp_path: Path):
    whole = bytearray(write_flac(tmp_path / "x.flac", sound(frames=1000)).read_bytes())
    assert whole[:4] == b"fLaC"
    whole[21] |= 0x0F  # STREAMINFO: 36 bits of total samples, all ones
    whole[22:26] = b"\xff" * 4
    path = tmp_path / "lying.flac"
    path.write_bytes(whole)
    with pytest.raises(FileFormatError, match=r"lying\.flac: not a sound file"):
        read_audio(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path):
    for path in (tmp_path / "no.wav", tmp_path):
        with pytest.raises(FileFormatError, match="not a sound file"):
            read_audio(path)


def test_samples_that_are_not_numbers_are_refused(tmp_path: Path):
    bad = Audio(np.array([[0.0, np.nan]], np.float32))
    with pytest.raises(FileFormatError, match="not numbers"):
        read_audio(write_wav_float(tmp_path / "x.wav", bad))


@given(st.binary(max_size=400), st.sampled_from([b"RIFF", b"fLaC", b"ID3\x03", b"\xff\xfb\x90\x00", b"FORM", b"OggS", b""]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_sound_or_refused(tmp_path_factory: pytest.TempPathFactory, tail: bytes, magic: bytes):
    path = tmp_path_factory.getbasetemp() / "fuzz.bin"
    path.write_bytes(magic + tail)
    try:
        audio = read_audio(path)
    except FileFormatError as refused:
        assert "\n" not in str(refused)
    else:
        assert audio.samples.dtype == np.float32


@pytest.mark.parametrize("write", [write_wav_float, write_wav_24, write_flac, write_mp3])
def test_the_same_sound_gives_the_same_bytes_at_another_hour(tmp_path: Path, write):
    first = write(tmp_path / "a", sound(frames=5000)).read_bytes()
    time.sleep(1.1)  # a date would differ by now
    assert write(tmp_path / "b", sound(frames=5000)).read_bytes() == first
