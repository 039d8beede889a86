"""Plan -> Score: every role is written in the plan's order and hears the roles before it."""

from collections.abc import Sequence
from typing import Protocol

from daiw.measure.form import notes_in, section_similarity
from daiw.measure.melody import peak
from daiw.music.decision import Decision
from daiw.music.lyrics import SungSyllable, Voice
from daiw.music.plan import Plan
from daiw.music.score import Note, Part, Score
from daiw.verse.meter import stressed_on_strong
from daiw.verse.placing import Ground, evenly
from daiw.verse.sections import line_spans


class Composer(Protocol):
    """Writes one part at a time."""

    @property
    def decisions(self) -> Sequence[Decision]:
        """What it has to say about the parts it wrote last; may be empty."""
        ...

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The notes of `role` over the whole song, hearing the parts already written; silent outside the sections that list it."""


def compose(plan: Plan, composer: Composer) -> Score:
    """Write all of plan.roles in order.

    The score's timeline is the plan's.  Notes are on the grid (16ths or triplet 8ths); swing and feel belong to `arrange`.
    Raises ValueError where a composer leaves the song's bounds or answers for another role: that is a bug of the composer.
    """
    parts: tuple[Part, ...] = ()
    for role in plan.roles:
        part = composer.write(plan, role, parts)
        if part.role != role:
            raise ValueError(f"asked for {role!r}, the composer wrote {part.role!r}")
        if part.notes and max(note.end for note in part.notes) > plan.timeline.end:
            raise ValueError(f"{role} plays beyond the end of the song")
        parts = (*parts, part)
    return Score(parts, plan.timeline, (*explain(plan, parts), *composer.decisions))


def explain(plan: Plan, parts: tuple[Part, ...]) -> list[Decision]:
    """What a musician would ask about the finished score: the tune's range and peak, what returns, and how the busiest place differs."""
    decisions: list[Decision] = []
    leading = "melody" if plan.voice is None else "vocal"
    tune = next((part.notes for part in parts if part.role == leading), ())
    if plan.voice is not None and tune:
        decisions += _sung(plan, tune, plan.voice)
    if tune:
        top, _ = peak(tune)
        low = min(note.pitch for note in tune)
        bar = next(note.start for note in tune if note.pitch == top) // plan.meter.bar_ticks
        because = (
            f"the feeling asks for a register around {pitch_name(round(plan.cues.register))}, and a voice should reach it without strain"
        )
        if plan.voice is not None:
            because = f"it lies where {plan.voice.name or 'most people'} can be understood"
        decisions.append(Decision("compose", "melody range", f"{pitch_name(low)} to {pitch_name(top)}", because))
        place = f"bar {bar + 1} ({plan.section_at(bar).name})"
        decisions.append(Decision("compose", "melody peak", place, _leading_up(plan, bar)))
    for letter in sorted({section.letter for section in plan.sections}):
        same = [section for section in plan.sections if section.letter == letter and leading in section.roles]
        if len(same) > 1 and tune:
            shared = min(section_similarity(tune, plan, same[0], section) for section in same[1:])
            why = "what returns is remembered" if shared > 0.97 else "the tune returns with new endings, as new words would ask"
            decisions.append(Decision("compose", f"return of the {same[0].name}", f"{100 * shared:.0f} % of the notes", why))
    if len(plan.sections) > 1:
        rates = [(sum(len(notes_in(part.notes, plan, section)) for part in parts) / section.bars, section) for section in plan.sections]
        (least, quiet), (most, loud) = min(rates, key=lambda r: r[0]), max(rates, key=lambda r: r[0])
        choice = f"{least:.0f} notes a bar in the {quiet.name}, {most:.0f} in the {loud.name}"
        decisions.append(
            Decision("compose", "density", choice, f"the {plan.arc} arc sets their energies at {quiet.energy:.2f} and {loud.energy:.2f}")
        )
    return decisions


def _leading_up(plan: Plan, bar: int) -> str:
    """What the line's first highest note does for it, by where in its section it stands."""
    section = plan.section_at(bar)
    late = 2 * (bar - section.start_bar) >= section.bars
    where = "late in its section: it gives the line somewhere to go" if late else "early in its section: the line falls from it"
    return f"the first time that the highest note is heard, {where}"


def _sung(plan: Plan, tune: Sequence[Note], voice: Voice) -> list[Decision]:
    """Where the voice lies, and how its words meet the beat."""
    middle = (min(note.pitch for note in tune) + max(note.pitch for note in tune)) / 2
    wished = round(plan.cues.register)
    comfort = f"{pitch_name(voice.comfort_low)} to {pitch_name(voice.comfort_high)}"
    moved = "as the feeling asks" if abs(middle - wished) <= 2 else f"the feeling alone would ask for {pitch_name(wished)}"
    because = f"{voice.name or 'a singer'} is understood best from {comfort}; {moved}; the key stays, the tune is written for the voice"
    result = [Decision("compose", "voice register", f"around {pitch_name(round(middle))}", because)]
    syllables = [syllable for line in plan.words for syllable in line.syllables]
    onsets = [note.start for note in tune if note.phonemes]
    if not plan.words or len(onsets) != len(syllables):
        return result
    share = stressed_on_strong(zip(syllables, onsets, strict=True), plan.meter)
    plain = stressed_on_strong(_evenly(plan), plan.meter)
    choice = f"{len(onsets)} of {len(syllables)} syllables placed, {share:.0%} of the stressed ones on a beat"
    because = f"the cheapest rhythm for stress, pace, breath and the motif; equal steps would put {plain:.0%} of them there"
    return [*result, Decision("compose", "words on the beat", choice, because)]


def _evenly(plan: Plan) -> list[tuple[SungSyllable, int]]:
    """Every syllable where equal steps from its line's first beat would put it."""
    placed: list[tuple[SungSyllable, int]] = []
    for index, section in enumerate(plan.sections):
        lines = [line for line in plan.words if line.section == index]
        first = section.start_bar * plan.meter.bar_ticks
        bpm = plan.timeline.tempos.bpm(first)
        for line, (start, end) in zip(lines, line_spans(lines, section.bars, plan.meter, bpm), strict=True):
            placed += zip(line.syllables, evenly(line.syllables, Ground(first + start, first + end, plan.meter, bpm)), strict=True)
    return placed


def pitch_name(pitch: int) -> str:
    """Scientific pitch name, 60 = C4.

    >>> pitch_name(60), pitch_name(70)
    ('C4', 'Bb4')
    """
    return f"{('C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B')[pitch % 12]}{pitch // 12 - 1}"
