"""The sounds of English, as ARPAbet symbols, and the syllables they make.

A phoneme is a symbol of the CMU dictionary's alphabet; vowels carry their stress as a digit, 1 primary, 2 secondary, 0 none: "EH1".
"DX" is the flapped t of American "water".
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from daiw.errors import TheoryError

Manner = Literal["vowel", "stop", "affricate", "fricative", "nasal", "liquid", "glide"]

VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
DIPHTHONGS = ("AW", "AY", "EY", "OW", "OY")

_MANNERS: dict[Manner, str] = {
    "stop": "B D DX G K P T",
    "affricate": "CH JH",
    "fricative": "DH F HH S SH TH V Z ZH",
    "nasal": "M N NG",
    "liquid": "L R",
    "glide": "W Y",
}
MANNERS: dict[str, Manner] = {symbol: manner for manner, symbols in _MANNERS.items() for symbol in symbols.split()}
MANNERS |= dict.fromkeys(VOWELS, "vowel")

VOICELESS = frozenset(["CH", "F", "HH", "K", "P", "S", "SH", "T", "TH"])

SONORITY: dict[Manner, int] = {"stop": 0, "affricate": 0, "fricative": 1, "nasal": 2, "liquid": 3, "glide": 4, "vowel": 5}

_CLUSTERS = """
P L,P R,P Y,B L,B R,B Y,T R,T W,D R,D W,K L,K R,K W,K Y,G L,G R,G W,F L,F R,F Y,TH R,TH W,SH R,V Y,M Y,HH Y,N Y,
S P,S T,S K,S F,S M,S N,S L,S W,S P L,S P R,S P Y,S T R,S K R,S K W,S K L,S K Y"""
ONSETS = frozenset(tuple(cluster.split()) for cluster in _CLUSTERS.split(","))
"""Clusters that an English syllable may begin with; every single consonant but NG may, too."""


def base(phoneme: str) -> str:
    """The symbol without its stress digit."""
    return phoneme.rstrip("012")


def is_vowel(phoneme: str) -> bool:
    """True where the phoneme can be held.

    >>> is_vowel("EH1"), is_vowel("M")
    (True, False)
    """
    return MANNERS.get(base(phoneme)) == "vowel"


def is_voiced(phoneme: str) -> bool:
    """True where the vocal folds swing: all vowels and most consonants."""
    return base(phoneme) not in VOICELESS


def check_phonemes(phonemes: Sequence[str]) -> tuple[str, ...]:
    """`phonemes` as a tuple, stress digits added to bare vowels; raises TheoryError for a symbol that is none.

    >>> check_phonemes(["hh", "EH1", "L", "OW"])
    ('HH', 'EH1', 'L', 'OW0')
    """
    checked = []
    for given in phonemes:
        symbol = given.upper()
        manner, digit = MANNERS.get(base(symbol)), symbol[len(base(symbol)) :]
        if manner is None or len(digit) > (manner == "vowel"):
            raise TheoryError(f"{given!r} is no phoneme; write ARPAbet like HH EH1 L OW0; symbols are {' '.join(sorted(MANNERS))}")
        checked.append(symbol + "0" if manner == "vowel" and not digit else symbol)
    return tuple(checked)


@dataclass(frozen=True, slots=True)
class Syllable:
    """onset, coda: consonants before and after the vowel.  nucleus: the vowel with its stress digit."""

    onset: tuple[str, ...]
    nucleus: str
    coda: tuple[str, ...] = ()

    @property
    def phonemes(self) -> tuple[str, ...]:
        """All of them in order."""
        return (*self.onset, self.nucleus, *self.coda)

    @property
    def stress(self) -> int:
        """1 primary, 2 secondary, 0 none."""
        return int(self.nucleus[-1])


def syllabify(phonemes: Sequence[str]) -> tuple[Syllable, ...]:
    """The syllables of one word: each takes the longest onset that English allows (Kahn 1976, maximal onset).

    No phonemes give no syllables; raises TheoryError where there are only consonants.

    >>> [" ".join(syllable.phonemes) for syllable in syllabify("EH1 K S T R AH0".split())]
    ['EH1 K', 'S T R AH0']
    """
    if not phonemes:
        return ()
    vowels = [i for i, phoneme in enumerate(phonemes) if is_vowel(phoneme)]
    if not vowels:
        raise TheoryError(f"{' '.join(phonemes)} has no vowel to sing on")
    starts = [0]
    for left, right in itertools.pairwise(vowels):
        start = right
        while start - 1 > left and _may_begin(phonemes[start - 1 : right]):
            start -= 1
        starts.append(start)
    ends = [*starts[1:], len(phonemes)]
    return tuple(
        Syllable(tuple(phonemes[start:vowel]), phonemes[vowel], tuple(phonemes[vowel + 1 : end]))
        for start, vowel, end in zip(starts, vowels, ends, strict=True)
    )


def _may_begin(cluster: Sequence[str]) -> bool:
    return cluster[0] != "NG" if len(cluster) == 1 else tuple(cluster) in ONSETS
