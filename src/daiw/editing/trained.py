"""Who writes bars anew: trained networks where they know how, each hearing what lies before and after."""

from pathlib import Path

from daiw.composer.reference import ReferenceComposer
from daiw.editing.rewrite import PartWriter, PartWriters
from daiw.editing.spans import Bars
from daiw.music.cells import bar_span, joined
from daiw.music.score import Part
from daiw.music.take import Take

BAND = ("chords", "bass", "drums")


def part_writers(take: Take) -> PartWriters:
    """A writer of melodies where the song's meter is known; of what else networks composed in the song, the voice among it."""
    from daiw.nets.composer_sheet import meter_name
    from daiw.nets.own import composer_files

    if meter_name(take.plan.meter) is None:
        return {}
    files = composer_files(take.composer)
    writers = {"melody": _melody(files.lead)}
    roles = {"reference": (), "mixed": ("drums",)}.get(take.composer, BAND)
    writers |= {role: _band(files.kit if role == "drums" else files.band) for role in roles}
    if roles == BAND and take.plan.voice is not None:
        writers["vocal"] = _voice(files.lead)
    return writers


def _melody(path: Path) -> PartWriter:
    from daiw.nets.composer import load_weights
    from daiw.nets.composer_rewrite import MOST_BARS, rewrite_melody

    weights = load_weights(path)

    def write(take: Take, part: Part, bars: Bars, seed: int) -> Part | None:
        if any("vocal" in take.plan.section_at(bar).roles for bar in range(*bars)):
            return None  # the tune's instrument goes with the voice there
        for first in range(bars[0], bars[1], MOST_BARS):
            stretch = (first, min(bars[1], first + MOST_BARS))
            part = rewrite_melody(weights, take.preset.compose, take.plan, part, stretch, seed)
        return part

    return write


def _voice(path: Path) -> PartWriter:
    from daiw.nets.composer import load_weights
    from daiw.nets.sung_rewrite import rewrite_sung

    weights = load_weights(path)

    def write(take: Take, part: Part, bars: Bars, seed: int) -> Part | None:
        return rewrite_sung(weights, take.preset.compose, take.plan, part, bars, seed)

    return write


def _band(path: Path) -> PartWriter:
    from daiw.nets.band_rewrite import rewrite_band
    from daiw.nets.composer import load_weights

    weights = load_weights(path)

    def write(take: Take, part: Part, bars: Bars, seed: int) -> Part | None:
        plan, style = take.plan, take.preset.compose.keeping_to(take.intent.given)
        others = tuple(other for other in take.score.parts if other.role != part.role)
        earlier = others[: next((i for i, other in enumerate(take.score.parts) if other.role == part.role), 0)]
        theory = ReferenceComposer(style)
        notes = rewrite_band(weights, style, plan, part, others, bars, seed, lambda: theory.write(plan, part.role, earlier))
        return None if notes is None else joined(part, sorted(notes), bar_span(bars, plan.meter.bar_ticks))

    return write
