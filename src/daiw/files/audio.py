"""Sound as files: WAV (32-bit float, 24-bit), FLAC and MP3.

Writers go straight to the given path in blocks; whoever wants a file complete or absent gives a temporary name and renames it.
The bytes depend on the sound alone: no date or software tag is written.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.errors import FileFormatError, OutputError
from daiw.music.audio import Audio

_BLOCK = 1 << 16
_MP3_KBIT_S = 320
_MP3_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


def write_wav_float(path: Path, audio: Audio) -> Path:
    """32-bit float WAV: every sample as it is, so that stems read back still sum to the mix."""
    return _write(path, audio, _write_float)


def write_wav_24(path: Path, audio: Audio) -> Path:
    """24-bit WAV; what exceeds full scale is clipped there."""
    return _write(path, audio, _write_soundfile("WAV", "PCM_24"))


def write_flac(path: Path, audio: Audio) -> Path:
    """24-bit FLAC, lossless against the 24-bit WAV."""
    return _write(path, audio, _write_soundfile("FLAC", "PCM_24"))


def write_mp3(path: Path, audio: Audio) -> Path:
    """MP3 at 320 kbit/s, constant; rates MP3 lacks raise ValueError."""
    if audio.sample_rate not in _MP3_RATES_HZ:
        raise ValueError(f"MP3 has no {audio.sample_rate} Hz")
    return _write(path, audio, _write_lame)


MASTER_WRITERS: Mapping[str, Callable[[Path, Audio], Path]] = {"wav": write_wav_24, "flac": write_flac, "mp3": write_mp3}
"""How a master is written, by the format's name, which is its file ending too."""


def read_audio(path: Path) -> Audio:
    """Any sound file libsndfile knows, at its own rate and channels; raises FileFormatError where it is missing, empty or broken."""
    import soundfile

    try:
        samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, MemoryError) as exc:
        raise FileFormatError(f"{path}: not a sound file that can be read ({_reason(exc)}); give a WAV, FLAC or MP3") from exc
    if not np.isfinite(samples).all():
        raise FileFormatError(f"{path}: holds samples that are not numbers; export it again")
    return Audio(np.ascontiguousarray(samples.T), int(sample_rate))


def _write(path: Path, audio: Audio, write: Callable[[Path, Audio], None]) -> Path:
    """Write, and turn what the disk has to say into one line; a part-written file is removed."""
    import soundfile

    try:
        write(path, audio)
    except (OSError, soundfile.SoundFileError) as exc:
        if path.is_file():
            path.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({_reason(exc)}); choose another folder or make room") from exc
    return path


def _write_float(path: Path, audio: Audio) -> None:
    """Through scipy: libsndfile puts the hour into every float WAV (its PEAK chunk), so the same sound would differ in bytes."""
    from scipy.io import wavfile

    with path.open("wb") as file:
        wavfile.write(file, audio.sample_rate, np.ascontiguousarray(audio.samples.T))


def _write_soundfile(container: str, subtype: str) -> Callable[[Path, Audio], None]:
    """A writer for one of libsndfile's 24-bit formats."""

    def write(path: Path, audio: Audio) -> None:
        import soundfile

        path.open("wb").close()  # says why it cannot, which libsndfile does not
        with soundfile.SoundFile(path, "w", audio.sample_rate, audio.samples.shape[0], subtype, format=container) as sound:
            for block in _blocks(audio):
                sound.write(_rounded_24(block))
                sound.flush()

    return write


def _rounded_24(block: NDArray[np.float32]) -> NDArray[np.int32]:
    """To the nearest of 2^24 steps, in the upper bits; ours because libsndfile rounds differently for WAV and for FLAC."""
    steps = np.rint(block.astype(np.float64) * 2**23)
    return np.clip(steps, -(2**23), 2**23 - 1).astype(np.int32) << 8


def _write_lame(path: Path, audio: Audio) -> None:
    """Through LAME, 16-bit in, as lameenc wants it."""
    import lameenc

    encoder = lameenc.Encoder()
    encoder.set_bit_rate(_MP3_KBIT_S)
    encoder.set_in_sample_rate(audio.sample_rate)
    encoder.set_channels(audio.samples.shape[0])
    encoder.set_quality(2)
    encoder.silence()
    with path.open("wb") as file:
        for block in _blocks(audio):
            file.write(encoder.encode(np.rint(np.clip(block, -1.0, 1.0) * 32767).astype("<i2").tobytes()))
        file.write(encoder.flush())


def _blocks(audio: Audio) -> Iterator[NDArray[np.float32]]:
    """(frames, channels) blocks, contiguous."""
    for start in range(0, audio.frames, _BLOCK):
        yield np.ascontiguousarray(audio.samples[:, start : start + _BLOCK].T)


def _reason(exc: BaseException) -> str:
    """The short cause, without the path said twice."""
    return getattr(exc, "strerror", None) or str(exc).split(": ")[-1].rstrip(".") or type(exc).__name__
