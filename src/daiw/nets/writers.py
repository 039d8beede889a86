"""Who writes a part, and who writes a trained tune: what the line asks of its composer."""

from typing import Protocol

from daiw.music.plan import Plan
from daiw.music.score import Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.novelty import NoveltyIndex
from daiw.nets.picking import Chance
from daiw.nets.text_match import Vector
from daiw.nets.transformer import Weights


class Composer(Protocol):
    """As in `stages.compose`, which nets may not import."""

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The notes of `role`."""


class Lead(Protocol):
    """Who writes the line; fields as in `composer.NeuralComposer`."""

    @property
    def weights(self) -> Weights: ...  # noqa: D102
    @property
    def style(self) -> ComposeStyle: ...  # noqa: D102
    @property
    def fallback(self) -> Composer: ...  # noqa: D102
    @property
    def chance(self) -> Chance: ...  # noqa: D102
    @property
    def novelty(self) -> NoveltyIndex | None: ...  # noqa: D102
    @property
    def words(self) -> Vector | None: ...  # noqa: D102
