"""The three networks of the voice: sounds -> natural durations -> natural pitch and energy -> spectra, through ONNX Runtime.

Cut from hibari-tts by `daiw.train.cut_voice`; the card beside the weights says whose they are.
"""

import hashlib
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.music.phoneme import is_voiced, is_vowel
from daiw.singing.pronounce import symbols_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL_FOLDER = Path(__file__).parents[1] / "models" / "singer"
FILES = ("durations.onnx", "prosody.onnx", "synthesis.onnx")
UNIT_S = 0.025
"""Durations are whole numbers of this."""

FRAMES_A_UNIT = 2
FRAME_HZ = 80
BINS = 601
"""Spectra reach from 0 to 12 kHz in steps of 20 Hz."""

IDS = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, " ": 16, "A": 24, "I": 25, "O": 31, "T": 36, "W": 39, "Y": 41, "ᵊ": 42, "b": 44,
    "d": 46, "f": 48, "h": 50, "i": 51, "j": 52, "k": 53, "l": 54, "m": 55, "n": 56, "p": 58, "s": 61, "t": 62, "u": 63, "v": 64, "w": 65,
    "z": 68, "ɑ": 69, "æ": 72, "ɔ": 76, "ð": 81, "ʤ": 82, "ə": 83, "ɛ": 86, "ɜ": 87, "ɡ": 92, "ɪ": 102, "ŋ": 112, "θ": 119, "ɹ": 123,
    "ʃ": 131, "ʧ": 133, "ʊ": 135, "ʌ": 138, "ʒ": 147, "ˈ": 156, "ˌ": 157,
}  # fmt: skip
"""The network's number for each letter of its alphabet that English needs; 0 pads the ends."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """What the network says of each frame, each (frames, 601).

    harmonics: log magnitude of the voiced part.  phase: its phase before tanh and pi.  noise: log magnitude of the breath and hiss.
    free, free_phase: a part with phases of its own, for clicks and bursts.
    """

    harmonics: Floats
    phase: Floats
    noise: Floats
    free: Floats
    free_phase: Floats

    @property
    def nbytes(self) -> int:
        """Bytes of all five."""
        return 5 * self.harmonics.nbytes


@dataclass(frozen=True, slots=True)
class Spelling:
    """Sounds as the network's numbers.

    ids: one for each letter, pads at the ends.  owner: index of the sound of each id, -1 for none.  A space is its word's last sound's;
    none's where that is voiceless and tied to a vowel, whose onset would be blurred.
    """

    ids: tuple[int, ...]
    owner: tuple[int, ...]

    def is_space(self, place: int) -> bool:
        """Whether the id is the gap between two words."""
        return self.ids[place] == IDS[" "]


def spelled(phonemes: Sequence[str], ends_word: Sequence[bool]) -> Spelling:
    """ARPAbet as ids: stress marks, which belong to their vowel, spaces between words, a full stop at the end."""
    ids, owner = [0], [-1]
    for i, phoneme in enumerate(phonemes):
        for letter in symbols_of(phoneme):
            ids.append(IDS[letter])
            owner.append(i)
        if ends_word[i] and i + 1 < len(phonemes):
            tied = not is_voiced(phoneme) and is_vowel(phonemes[i + 1])
            ids.append(IDS[" "])
            owner.append(-1 if tied else i)
    return Spelling((*ids, IDS["."], 0), (*owner, -1, -1))


class VoiceNet:
    """The networks of one folder, loaded when first used; threads may share it.

    threads: of each session; one, because phrases are sung side by side.  Raises ModelError where a file is missing or damaged.
    """

    def __init__(self, folder: Path = MODEL_FOLDER, threads: int = 1) -> None:
        self.folder, self.threads = folder, threads

    @cached_property
    def _sessions(self) -> "tuple[InferenceSession, ...]":
        return tuple(_session(self.folder, name, self.threads) for name in FILES)

    def load(self) -> None:
        """Load the networks now."""
        _ = self._sessions

    def durations(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """How long each id lasts in speech, in units of 25 ms."""
        feeds = {"ids": np.asarray([ids], np.int64), "speed": np.ones(1, np.float32)}
        return np.asarray(self._sessions[0].run(None, feeds)[0], np.int64)

    def prosody(self, ids: Sequence[int], durations: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Pitch in Hz and energy as they are spoken, 80 frames a second."""
        f0, energy = self._sessions[1].run(None, {"ids": np.asarray([ids], np.int64), "durations": durations})
        return f0[0], energy[0]

    def spectra(self, ids: Sequence[int], durations: NDArray[np.int64], f0_hz: Floats, energy: Floats) -> Spectra:
        """The sound of each frame; f0_hz is 0 where there is no voice."""
        feeds: dict[str, Any] = {"ids": np.asarray([ids], np.int64), "durations": durations, "f0": f0_hz[None], "energy": energy[None]}
        return Spectra(*(np.ascontiguousarray(output[0].T) for output in self._sessions[2].run(None, feeds)))


class RecallingNet(VoiceNet):
    """The networks of `net`, which remember what they said: choruses come back, and doubles say what the voice before them said.

    most_bytes: of spectra; when they are more, the oldest is forgotten.  Threads may share it; two that ask at once may both be answered
    anew.
    """

    def __init__(self, net: VoiceNet, most_bytes: int = 160_000_000) -> None:
        super().__init__(net.folder, net.threads)
        self.net, self.most_bytes = net, most_bytes
        self._said: dict[tuple[object, ...], Any] = {}
        self._lock = Lock()

    def load(self) -> None:
        """Load the networks now."""
        self.net.load()

    def durations(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """As `VoiceNet.durations`."""
        result: NDArray[np.int64] = self._recalled(("durations", *ids), lambda: self.net.durations(ids))
        return result

    def prosody(self, ids: Sequence[int], durations: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """As `VoiceNet.prosody`."""
        key = ("prosody", tuple(ids), durations.tobytes())
        result: tuple[Floats, Floats] = self._recalled(key, lambda: self.net.prosody(ids, durations))
        return result

    def spectra(self, ids: Sequence[int], durations: NDArray[np.int64], f0_hz: Floats, energy: Floats) -> Spectra:
        """As `VoiceNet.spectra`."""
        key = ("spectra", tuple(ids), durations.tobytes(), f0_hz.tobytes(), energy.tobytes())
        result: Spectra = self._recalled(key, lambda: self.net.spectra(ids, durations, f0_hz, energy))
        return result

    def _recalled(self, key: tuple[object, ...], ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever was asked for
        with self._lock:
            if key in self._said:
                return self._said[key]
        said = ask()
        with self._lock:
            self._said[key] = said
            spectra = [k for k, value in self._said.items() if isinstance(value, Spectra)]
            total = sum(self._said[k].nbytes for k in spectra)
            for old in spectra[:-1]:
                if total <= self.most_bytes:
                    break
                total -= self._said.pop(old).nbytes
        return said


@cache
def shared_net() -> VoiceNet:
    """The shipped networks, loaded once for all voices."""
    return VoiceNet()


def weights(folder: Path = MODEL_FOLDER) -> dict[str, str]:
    """The networks' files and what their SHA-256 has to be, as the card says; raises ModelError."""
    try:
        stated = tomllib.loads((folder / "card.toml").read_text())["sha256"]
        return {name: str(stated[name]) for name in FILES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'card.toml'}: the voice's card cannot be read ({error}); reinstall daiw") from error


def _session(folder: Path, name: str, threads: int) -> "InferenceSession":
    import onnxruntime

    path, wanted = folder / name, weights(folder)[name]
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: the voice cannot be read ({error.strerror}); reinstall daiw") from error
    if hashlib.sha256(raw).hexdigest() != wanted:
        raise ModelError(f"{path}: the voice is damaged ({len(raw)} bytes, wrong SHA-256); reinstall daiw")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no public base class for its errors
        raise ModelError(f"{path}: the voice cannot be loaded ({error}); reinstall daiw") from error
