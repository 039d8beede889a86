"""Words to a tune that exists: which note begins which syllable, found exactly by dynamic programming.

Lines go to the tune's phrases in order (a phrase ends where an eighth or more is silent), so that as few notes as possible are too many
or too few; then, inside each phrase, the cost of a setting is the sum of `meter.STRESS_COST` for every syllable's place, HELD_NOTE for
every further note that a stressed syllable is held over, three times that for a light one, and TORN where a rest parts a word or a
held vowel.  Where there are fewer notes than syllables the longest notes are divided; nothing else in the tune is changed.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from daiw.errors import PromptError
from daiw.music.lyrics import HELD, SungLine, SungSyllable
from daiw.music.score import Note
from daiw.music.time import TICKS_PER_QUARTER, Meter
from daiw.verse.meter import STRESS_COST, weight
from daiw.verse.sections import QUICKEST_SYLLABLE_S

PHRASE_REST = TICKS_PER_QUARTER // 2
HELD_NOTE = 0.55
TORN = 4.0
UNSUNG = 0.35
"""Cost of a note that no words are left for, against a squared difference of notes and syllables a line."""

VOCALISE = ("Ooh", ("UW1",))

Run = tuple[list[Note], tuple[SungSyllable, ...]]
"""Notes and the syllables that they carry."""


def set_words(notes: Sequence[Note], lines: Sequence[SungLine], meter: Meter, bpm: float) -> tuple[Note, ...]:
    """The tune's notes with every syllable of `lines` on one of them, in order; tunes longer than the words end on a vowel.

    notes: one at a time, sorted.  bpm: where the tune is slowest to judge how short a note may be.
    Raises PromptError where there is no room for the words even when every note is divided.
    """
    phrases = phrases_of(notes)
    if not phrases or not lines:
        raise PromptError("there is no tune, or there are no words: nothing can be set" if not phrases else "there are no words to set")
    result: list[Note] = []
    for tune, syllables in _with_room(_matched(phrases, [line.syllables for line in lines]), bpm):
        result += _set(tune, syllables, meter, bpm) if syllables else _vocalise(tune)
    return tuple(result)


def phrases_of(notes: Sequence[Note]) -> list[list[Note]]:
    """The tune cut where an eighth or more is silent."""
    found: list[list[Note]] = []
    for note in notes:
        if not found or note.start - found[-1][-1].end >= PHRASE_REST:
            found.append([])
        found[-1].append(note)
    return found


def _matched(phrases: Sequence[list[Note]], lines: Sequence[tuple[SungSyllable, ...]]) -> list[Run]:
    """Runs of phrases and runs of lines that belong together, in order.

    Dynamic programming over (phrases used, lines used); a step takes one phrase and several lines, or one line and several phrases;
    phrases at the end may stay without words.
    """
    sizes, counts = [len(phrase) for phrase in phrases], [len(line) for line in lines]
    rows, columns = len(phrases), len(lines)
    best = np.full((rows + 1, columns + 1), np.inf)
    best[0, 0] = 0.0
    came: dict[tuple[int, int], tuple[int, int]] = {}
    for i in range(rows):
        for j in range(columns):
            if not np.isfinite(best[i, j]):
                continue
            steps = [(i + 1, j + k) for k in range(1, min(4, columns - j) + 1)] + [(i + k, j + 1) for k in range(2, min(4, rows - i) + 1)]
            for a, b in steps:
                have, want = sum(sizes[i:a]), sum(counts[j:b])
                cost = best[i, j] + (have - want) ** 2 / want + (6.0 if have < 0.6 * want else 0.0) + 0.3 * (a - i + b - j - 2)
                if cost < best[a, b]:
                    best[a, b], came[a, b] = cost, (i, j)
    ends = [(best[i, columns] + UNSUNG * sum(sizes[i:]), i) for i in range(rows + 1)]
    cost, last = min(ends)
    if not np.isfinite(cost):
        whole = [note for phrase in phrases for note in phrase]
        return [(whole, tuple(syllable for line in lines for syllable in line))]
    steps_back, at = [], (last, columns)
    while at != (0, 0):
        steps_back.append((came[at], at))
        at = came[at]
    matched = [
        ([note for phrase in phrases[i:a] for note in phrase], tuple(syllable for line in lines[j:b] for syllable in line))
        for (i, j), (a, b) in reversed(steps_back)
    ]
    return matched + [(phrase, ()) for phrase in phrases[last:]]


def _with_room(runs: list[Run], bpm: float) -> list[Run]:
    """The runs; one whose notes are too short to divide for its syllables is joined to the next, or the last to the one before."""
    runs, k = list(runs), 0
    while k < len(runs) and len(runs) > 1:
        try:
            _divided(runs[k][0], len(runs[k][1]), bpm, runs[k][1])
            k += 1
        except PromptError:
            k = min(k, len(runs) - 2)
            runs[k : k + 2] = [(runs[k][0] + runs[k + 1][0], runs[k][1] + runs[k + 1][1])]
    return runs


def _set(tune: Sequence[Note], syllables: Sequence[SungSyllable], meter: Meter, bpm: float) -> list[Note]:
    """One stretch of tune with its syllables."""
    notes = _divided(tune, len(syllables), bpm, syllables)
    count, size = len(syllables), len(notes)
    best = np.full((count, size), np.inf)
    came = np.zeros((count, size), int)
    best[0, 0] = STRESS_COST[syllables[0].stress][weight(meter, notes[0].start)]
    for i in range(1, count):
        for j in range(i, size - (count - i - 1)):
            own = STRESS_COST[syllables[i].stress][weight(meter, notes[j].start)]
            options = [
                (best[i - 1, k] + _held(notes, k, j, syllables[i - 1]) + _torn(notes, j, syllables[i - 1], syllables[i]), k)
                for k in range(i - 1, j)
            ]
            cost, came[i, j] = min(options)
            best[i, j] = cost + own
    finals = [(best[count - 1, j] + _held(notes, j, size, syllables[-1]), j) for j in range(count - 1, size)]
    at = min(finals)[1]
    begins = [at]
    for i in range(count - 1, 0, -1):
        begins.append(int(came[i, begins[-1]]))
    words = dict(zip(reversed(begins), syllables, strict=True))
    return [
        replace(note, lyric=words[k].text, phonemes=words[k].phonemes) if k in words else replace(note, lyric=HELD, phonemes=())
        for k, note in enumerate(notes)
    ]


def _held(notes: Sequence[Note], first: int, end: int, syllable: SungSyllable) -> float:
    """Cost of holding a syllable from its note over all before `end`."""
    cost = 0.0
    for k in range(first + 1, end):
        cost += HELD_NOTE * (1.0 if syllable.stress == 2 else 2.0 if syllable.stress else 3.0)
        cost += TORN if notes[k].start - notes[k - 1].end >= PHRASE_REST else 0.0
    return cost


def _torn(notes: Sequence[Note], at: int, before: SungSyllable, syllable: SungSyllable) -> float:
    """Cost of a rest inside a word."""
    return TORN if before.word == syllable.word and notes[at].start - notes[at - 1].end >= PHRASE_REST else 0.0


def _divided(tune: Sequence[Note], count: int, bpm: float, syllables: Sequence[SungSyllable]) -> list[Note]:
    """The notes, the longest halved until there are `count`."""
    notes = list(tune)
    shortest = max(1, round(QUICKEST_SYLLABLE_S * 0.8 * bpm * TICKS_PER_QUARTER / 60.0))
    while len(notes) < count:
        k = max(range(len(notes)), key=lambda k: (notes[k].duration, -k))
        note = notes[k]
        half = note.duration // 2
        half = half // 60 * 60 or half
        if min(half, note.duration - half) < shortest:
            text = " ".join(syllable.text for syllable in syllables[:6])
            met = f"{len(tune)} notes, and these are" if len(tune) > 1 else "one note, and it is"
            raise PromptError(
                f"{count} syllables ({text} ...) meet {met} too short to divide; use fewer words, a slower tempo, or part the words into"
                " more lines"
            )
        notes[k : k + 1] = [replace(note, duration=half), replace(note, start=note.start + half, duration=note.duration - half)]
    return notes


def _vocalise(tune: Sequence[Note]) -> list[Note]:
    """A phrase for which there are no words."""
    text, phonemes = VOCALISE
    return [replace(note, lyric=HELD if k else text, phonemes=() if k else phonemes) for k, note in enumerate(tune)]
