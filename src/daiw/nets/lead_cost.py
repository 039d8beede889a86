"""What speaks against a drawn melody: unlikely, off the chords, bland, known; one number, and its reasons in words."""

from collections.abc import Mapping, Sequence

import numpy as np

from daiw.measure.melody import ambitus, chord_tone_ratio, clashes, dwelling, repeat_share, stray_notes
from daiw.music.plan import Plan
from daiw.music.score import Note
from daiw.music.time import TICKS_PER_QUARTER
from daiw.nets.novelty import NoveltyIndex
from daiw.nets.text_match import Vector, load_match
from daiw.tokens.codec import decode
from daiw.tokens.controls import PHRASE_BARS
from daiw.tokens.sheet import Sheet

KNOWN_TUNE = 100.0
"""Cost of a line that holds a melody of the training songs: more than all other costs together."""

WORDS_WEIGHT = 2.0
"""Cost of a unit of cosine between a line and the prompt's words: candidates differ by a tenth, so it parts near equals."""

UNLIKELY_BITS = 1.2
"""Bits a token from which a line counts as unlikely; below it, likelier is only more repetitive."""

LEAST_ON_CHORDS = 0.7
"""Share of chord tones on strong beats below which a line is off its chords: real ones have .77."""

SUNG_ON_CHORDS = 0.9
"""The same of a line with words, which say what falls on strong beats, not the network: so .82 do (20 songs), at .76 .79 do, at .7 .73."""

NARROWEST, WIDER, WIDE = 3.0, 0.4, 12.0
"""Semitones between the highest and the lowest note below which a line is narrow: without notes, more with each, and at most, as wide as
a phrase of four bars is in real songs."""

LAST_BAR_LIES, RISING = -0.8, 0.15
"""Semitones by which the last bar of a phrase lies over the phrase in real songs, and cost of each above that."""

DWELLS, CIRCLING, MANY = 0.52, 1.2, 12
"""Share of its time that a section of a real song spends on its two commonest pitches; cost of all above it; notes of which it is asked."""

Judged = tuple[float, str]
"""A cost, and what it is made of."""


def musical_costs(plan: Plan, notes: Sequence[Note], bits: float, on_chords: float = LEAST_ON_CHORDS) -> dict[str, float]:
    """Against any line: its surprise in bits a token, its stand on the chords, its key, repeats, compass and dwelling.

    on_chords: share of chord tones on strong beats below which it is off them.
    """
    strong = chord_tone_ratio(notes, plan, strong_only=True)
    above, below = clashes(notes, plan)
    wide = min(WIDE, NARROWEST + WIDER * len(notes))
    return {
        "surprise": 0.6 * max(0.0, bits - UNLIKELY_BITS),
        "off chords": 3.0 * max(0.0, on_chords - strong) + 1.2 * max(0.0, 0.62 - chord_tone_ratio(notes, plan)),
        "rubs": 2.0 * above + below,
        "out of key": 6.0 * len(stray_notes(notes, plan)) / max(1, len(notes)),
        "repeats": 2.0 * max(0.0, repeat_share(notes) - 0.35),
        "narrow": 0.12 * max(0.0, wide - ambitus(notes)),
        "circles": CIRCLING * max(0.0, dwelling(notes) - DWELLS) if len(notes) >= MANY else 0.0,
    }


def density_cost(notes: Sequence[Note], ticks: int, wanted: float) -> float:
    """Against too many or too few notes.  ticks: how long the line is.  wanted: notes a quarter."""
    return off_density(len(notes) * TICKS_PER_QUARTER / ticks, wanted)


def off_density(held: float, wanted: float) -> float:
    """The same of notes a quarter that a line holds."""
    return 3.0 * abs(held - wanted) / max(0.5, wanted)


def rising_cost(notes: Sequence[Note], bar_ticks: int, start: int) -> float:
    """Against phrases of four bars, counted from `start` on, whose last bar does not lie as low as those of real songs do.

    bar_ticks, start: in ticks.  0 where no phrase has a note in its last bar.
    """
    ends = []
    for first in range(start, max((note.start for note in notes), default=start) + 1, PHRASE_BARS * bar_ticks):
        phrase = [note for note in notes if first <= note.start < first + PHRASE_BARS * bar_ticks]
        last = [note.pitch for note in phrase if note.start >= first + (PHRASE_BARS - 1) * bar_ticks]
        if last:
            ends.append(float(np.mean(last)) - float(np.mean([note.pitch for note in phrase])))
    return RISING * max(0.0, float(np.mean(ends)) - LAST_BAR_LIES) if ends else 0.0


def known_cost(index: NoveltyIndex | None, tokens: Sequence[int], bar_units: int) -> float:
    """KNOWN_TUNE where a token stream holds twelve notes of a melody that was trained on, else 0."""
    if index is None:
        return 0.0
    lead = decode(list(tokens), "melody", bar_units)
    known = len(lead) and index.known_runs(lead[:, 0].astype(np.int64), lead[:, 1].astype(np.int64))
    return KNOWN_TUNE * bool(known)


def summed(parts: Mapping[str, float]) -> Judged:
    """The costs in one number and in words."""
    said = ", ".join(f"{name} {value:.2f}" for name, value in parts.items() if value >= 0.05) or "nothing against it"
    return sum(parts.values()), said


def nearer_to_words(costs: Sequence[Judged], words: Vector, sheets: Sequence[Sheet]) -> list[Judged]:
    """The costs with how much farther each candidate is from the prompt's words than the nearest is, WORDS_WEIGHT a unit of cosine."""
    scores = load_match().scores(words, list(sheets))
    far = [WORDS_WEIGHT * (max(scores) - score) for score in scores]
    return [
        (cost + extra, said if extra < 0.05 else f"{said}, far from the words {extra:.2f}")
        for (cost, said), extra in zip(costs, far, strict=True)
    ]
