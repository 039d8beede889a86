"""Words onto notes that have their onsets: a syllable for each, vowels where there are none, and what an instrument leaves to the voice."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from daiw.music.lyrics import HELD, SungSyllable
from daiw.music.score import Note
from daiw.music.time import TICKS_PER_QUARTER

VOWELS = (("Ooh", "UW1"), ("Ah", "AA1"))
"""What is sung where there are no words: in quiet sections, in loud ones."""

LOUD = 0.7
"""Section energy from which the open vowel is sung."""


def with_syllables(notes: Iterable[tuple[Note, bool]], syllables: Iterable[SungSyllable]) -> list[Note]:
    """Every note with its syllable; one that is held (True) goes on with the syllable before it.

    Raises ValueError where there are more or fewer syllables than notes that want one.
    """
    waiting, result = iter(syllables), list[Note]()
    for note, held in notes:
        if held:
            result.append(replace(note, lyric=HELD, phonemes=()))
            continue
        syllable = next(waiting, None)
        if syllable is None:
            raise ValueError("more notes than syllables")
        result.append(replace(note, lyric=syllable.text, phonemes=syllable.phonemes))
    if next(waiting, None) is not None:
        raise ValueError("more syllables than notes")
    return result


def on_vowels(notes: Sequence[Note], energy: float) -> list[Note]:
    """Every phrase on one vowel: it begins anew after each rest."""
    text, phoneme = VOWELS[energy >= LOUD]
    result: list[Note] = []
    for note in notes:
        fresh = not result or note.start - result[-1].end >= TICKS_PER_QUARTER // 2
        result.append(replace(note, lyric=text if fresh else HELD, phonemes=(phoneme,) if fresh else ()))
    return result


def beside(played: Sequence[Note], sung: Sequence[Note]) -> tuple[Note, ...]:
    """What the instrument plays without the notes that a voice's upbeat covers."""
    taken = [(note.start, note.end) for note in sung]
    kept = []
    for note in played:
        cover = min((start for start, end in taken if start < note.end and end > note.start), default=None)
        if cover is None:
            kept.append(note)
        elif cover > note.start:
            kept.append(replace(note, duration=cover - note.start))
    return tuple(kept)
