"""Each part by whom it is measured nearer to real music: drums by the trained drummer where he plays the style, the rest by theory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.score import Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.band import Player, unlearnt
from daiw.nets.transformer import Weights
from daiw.nets.writers import Composer

NEARER = (
    "In every figure of timing, touch and places that is measured, the trained drummer is nearer to recorded drummers than the reference; "
    "--composer reference gives the reference's drums."
)


@dataclass(frozen=True, slots=True)
class MixedComposer:
    """Writes drums with the trained drummer, and everything else, drums that he has not learnt among it, with `theory`.

    kit: loads his weights, once there are drums that he plays.  decisions: filled while writing, from the first role on.
    """

    kit: Callable[[], Weights]
    style: ComposeStyle
    theory: Composer
    decisions: list[Decision] = field(default_factory=list)

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The part of `role` over the whole song."""
        if not earlier:
            self.decisions.clear()
        if role != "drums":
            return self.theory.write(plan, role, earlier)
        why = unlearnt("drums", plan, self.style)
        if why:
            self.decisions.append(Decision("compose", "drums", "reference composer", why))
            return self.theory.write(plan, role, earlier)
        player = Player(self.kit(), self.style, plan, role, earlier, lambda: self.theory.write(plan, role, earlier))
        part = player.part()
        self.decisions.append(Decision("compose", "drums", "trained drummer", NEARER, alternatives=("reference composer",)))
        self.decisions.extend(player.decisions)
        return part
