"""Which notes go with a chord: the key's scale, bent where the chord leaves the key."""

from functools import lru_cache

from daiw.music.chord import Chord
from daiw.music.pitch import LETTER_PITCH_CLASSES, LETTERS, Key
from daiw.music.plan import Plan

# Letters above the root of each stacked interval; the diminished seventh is the one exception.
_LETTER_STEPS = {0: 0, 1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4, 8: 4, 9: 5, 10: 6, 11: 6, 13: 1, 14: 1, 15: 1, 17: 3, 18: 3, 21: 5}


@lru_cache(maxsize=4096)
def chord_scale(key: Key, chord: Chord) -> frozenset[int]:
    """Pitch classes that sound right over `chord` in `key`: each chromatic chord tone replaces the scale step of its letter.

    So the leading note replaces the seventh over V in minor, and nothing a semitone beside a borrowed chord tone is left.

    >>> sorted(chord_scale(Key.parse("A minor"), Chord.parse("E7")))
    [0, 2, 4, 5, 8, 9, 11]
    """
    tones = {(interval, (chord.root.number + interval) % 12) for interval in chord.intervals}
    chord_classes = frozenset(number for _, number in tones) | {chord.bass_number}
    scale = {step.letter: step.number for step in key.scale}
    root = LETTERS.index(chord.root.letter)
    for interval, number in sorted(tones):
        if number in key.pitch_classes:
            continue
        steps = 6 if chord.quality == "dim7" and interval == 9 else _LETTER_STEPS[interval]
        letter = LETTERS[(root + steps) % 7]
        natural = LETTER_PITCH_CLASSES[LETTERS.index(letter)]
        if abs((number - natural + 6) % 12 - 6) <= 2 and scale.get(letter) not in chord_classes:
            scale.pop(letter, None)
    return frozenset(scale.values()) | chord_classes


def key_at(plan: Plan, tick: int) -> Key:
    """The key in force at `tick`."""
    found = plan.key
    for start, key in plan.timeline.keys:
        if start > tick:
            break
        found = key
    return found


@lru_cache(maxsize=1024)
def clashing(chord: Chord) -> frozenset[int]:
    """Pitch classes a semitone above a chord tone that are not chord tones: the notes to avoid on strong beats."""
    own = frozenset(chord.pitch_classes)
    return frozenset((number + 1) % 12 for number in own) - own
