"""Which name a pitch has on paper: the chord's, else the key's, else the nearest to the tonic on the line of fifths."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from daiw.errors import TheoryError
from daiw.music.pitch import Key, PitchClass
from daiw.music.plan import ChordSpan


def key_fifths(key: Key) -> int:
    """Sharps or flats of a signature that can be written: beyond seven it is respelled by twelve fifths."""
    fifths = key.signature
    while abs(fifths) > 7:
        fifths -= 12 if fifths > 0 else -12
    return fifths


@dataclass(frozen=True, slots=True)
class Speller:
    """Names for pitches at a tick.  keys, harmony: sorted by tick; either may be empty."""

    keys: Sequence[tuple[int, Key]]
    harmony: Sequence[ChordSpan]

    def __call__(self, pitch: int, tick: int) -> tuple[PitchClass, int]:
        """The note's name and octave, C4 = 60.

        >>> speller = Speller(((0, Key.parse("F minor")),), ())
        >>> [str(speller(pitch, 0)[0]) for pitch in (61, 63, 64, 66)]
        ['Db', 'Eb', 'E', 'Gb']
        """
        key = self.keys[max(0, bisect_right([start for start, _ in self.keys], tick) - 1)][1] if self.keys else None
        name = next((name for name in self._known(key, tick) if name.number == pitch % 12), None)
        if name is None:
            name = nearest(pitch, key.tonic.fifths + key_fifths(key) - key.signature if key else 0)
        return name, (pitch - name.accidental - PitchClass(name.letter).number) // 12 - 1

    def _known(self, key: Key | None, tick: int) -> tuple[PitchClass, ...]:
        names: tuple[PitchClass, ...] = ()
        respelled = key is not None and key.signature != key_fifths(key)
        if self.harmony and not respelled:
            span = self.harmony[max(0, bisect_right([span.start for span in self.harmony], tick) - 1)]
            try:
                names = span.chord.spelling
            except TheoryError:  # a chord nobody can spell: the key's names will do
                names = ()
        return names if key is None or respelled else (*names, *key.scale)


def nearest(pitch: int, tonic: int) -> PitchClass:
    """The name between the flat second and the sharp fourth of a tonic, given as fifths from C: five fifths below it to six above.

    >>> [str(nearest(pitch, -1)) for pitch in (59, 64, 66)]
    ['B', 'E', 'Gb']
    """
    return PitchClass.from_fifths((pitch * 7 - tonic + 5) % 12 - 5 + tonic)
