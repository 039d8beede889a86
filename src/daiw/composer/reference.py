"""The reference composer: music theory and search, no training; the line to beat for learnt composers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from daiw.composer.backing import write_adlibs, write_backing, write_double, write_lead, write_second, write_vocal
from daiw.composer.bass import write_bass
from daiw.composer.chords import write_chords
from daiw.composer.counter import write_counter
from daiw.composer.drums import write_drums
from daiw.composer.melody import write_melody
from daiw.composer.pad import write_pad
from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.score import Part
from daiw.music.styles.compose import ComposeStyle

Writer = Callable[[Plan, ComposeStyle, tuple[Part, ...]], Part]

WRITERS: dict[str, Writer] = {
    "melody": write_melody,
    "chords": write_chords,
    "bass": write_bass,
    "drums": write_drums,
    "pad": write_pad,
    "counter": write_counter,
}
"""Role -> who writes it."""


def _double(role: str) -> Writer:
    return lambda plan, style, earlier: write_double(plan, style, role, earlier)


VOICES: dict[str, Writer] = {
    "vocal": write_vocal,
    "melody": write_lead,
    "backing": write_backing,
    "backing low": write_second,
    "double left": _double("double left"),
    "double right": _double("double right"),
    "whisper": _double("whisper"),
    "ad-libs": write_adlibs,
}
"""Role -> who writes it where somebody sings."""


@dataclass(frozen=True, slots=True)
class ReferenceComposer:
    """A `stages.compose.Composer` in one style; pure: the same plan gives the same parts."""

    style: ComposeStyle

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """None of its own: what it does is the same in every song, and the stage explains the score."""
        return ()

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The part of `role`, nothing ringing past the song's end; raises ValueError for a role nobody writes."""
        writers = WRITERS if plan.voice is None else WRITERS | VOICES
        if role not in writers:
            raise ValueError(f"no writer for {role!r}; roles are {', '.join(writers)}")
        part = writers[role](plan, self.style, earlier)
        end = plan.timeline.end
        return replace(part, notes=tuple(replace(n, duration=min(n.duration, end - n.start)) for n in part.notes if n.start < end))
