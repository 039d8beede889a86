"""A style as numbers: one table a stage, named like the stage; each stage is given only its own."""

from dataclasses import dataclass, field

from daiw.music.styles.arrange import ArrangeStyle
from daiw.music.styles.compose import ComposeStyle
from daiw.music.styles.master import MasterStyle
from daiw.music.styles.mix import MixStyle
from daiw.music.styles.plan import PlanStyle
from daiw.music.styles.render import RenderStyle


@dataclass(frozen=True, slots=True)
class About:
    """What a style is, in words.

    title: its name for people.
    description: a sentence on its sound, then one on what it is for ("For grief, ..."); prompts are matched against both.
    genres: the genre words that choose it outright.
    """

    title: str
    description: str
    genres: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A whole style.  name: the file's stem."""

    name: str
    about: About
    plan: PlanStyle = field(default_factory=PlanStyle)
    compose: ComposeStyle = field(default_factory=ComposeStyle)
    arrange: ArrangeStyle = field(default_factory=ArrangeStyle)
    render: RenderStyle = field(default_factory=RenderStyle)
    mix: MixStyle = field(default_factory=MixStyle)
    master: MasterStyle = field(default_factory=MasterStyle)
