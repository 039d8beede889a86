"""Written lines -> syllables: how each is said, how strongly, and which letters stand for it."""

import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise

from daiw.errors import PromptError
from daiw.music.lyrics import HELD, LyricLine, LyricWord, SungSyllable
from daiw.music.phoneme import Syllable, syllabify

Pronounce = Callable[[Sequence[str]], tuple[tuple[str, ...], ...]]
"""The words of a line -> the ARPAbet phonemes of each, stress digits on the vowels; `singing.pronounce.pronounce_line` is one."""

_LIGHT_TEXT = (
    "a an the and or but nor so of to in on at by for from with as if than that this is was are were be been am do does did has had have "
    "he she it we they you i me him her us them my your his its our their can could will would shall should may might must 'cause "
    "i'm i'll i've i'd it's he's she's we're you're they're we'll you'll that's there's into up"
)
LIGHT = frozenset(_LIGHT_TEXT.split())
"""Words of one syllable that carry no beat of their own; "up" and the like may, but do not ask for one."""

STRESS = {1: 2, 2: 1, 0: 0}
"""ARPAbet's stress digit -> how much a syllable asks for a strong beat."""

_SPELLED = {
    "B": "b", "CH": "ct", "D": "d", "DH": "t", "F": "fp", "G": "g", "HH": "hw", "JH": "jgd", "K": "ckqx", "L": "l", "M": "m", "N": "nkgp",
    "NG": "n", "P": "p", "R": "rw", "S": "scpz", "SH": "sct", "T": "td", "DX": "td", "TH": "t", "V": "vf", "W": "wuoq", "Y": "yuie",
    "Z": "zsx", "ZH": "sgz",
}  # fmt: skip
"""Consonant -> the letters that may begin it."""

_CLINGING = "'’‘.,;:!?\"“”«»()[]…-–—*"
"""What may stand in a written word beside its letters and still leave them to be parted."""

_VOWEL_LETTERS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿ")


def syllables_of(line: LyricLine, pronounce: Pronounce, where: str = "the lyrics") -> tuple[tuple[str, ...], tuple[SungSyllable, ...]]:
    """The line's words as shown, one for each that is sung, and all its syllables.

    What is not sung (an emoji between words) is shown with the word before it.  Raises PromptError for a word in a script that the
    voice cannot read.
    """
    shown: list[str] = []
    syllables: list[SungSyllable] = []
    before = ""
    for word, heard in zip(line.words, pronounce([word.text for word in line.words]), strict=True):
        phonemes = word.phonemes or heard
        if not word.phonemes:
            _check_script(word.text, where)
        if phonemes:
            syllables += word_syllables(word, phonemes, len(shown))
            shown.append(f"{before} {word.text}".strip())
            before = ""
        elif shown:
            shown[-1] += f" {word.text}"
        else:
            before = f"{before} {word.text}".strip()
    return tuple(shown), tuple(syllables)


def _check_script(text: str, where: str) -> None:
    """Raise PromptError where a word has letters that the voice cannot read."""
    for char in text:
        if char.isalpha() and "LATIN" not in (script := unicodedata.name(char, "")):
            kind = (script.split() or ["foreign"])[0].title().replace("Cjk", "Chinese")
            raise PromptError(
                f"{where}: the voice sings English and cannot read {text!r} ({kind} letters); say how it sounds, as in"
                f" {text}{{L AA1 L AA0}}, or leave the line out"
            )


def word_syllables(word: LyricWord, phonemes: Sequence[str], index: int) -> list[SungSyllable]:
    """One written word's syllables, at least one.  phonemes: how it is said.  index: of the word in its line."""
    parts = syllabify(phonemes)
    light = len(parts) == 1 and word.text.casefold().strip(' .,;:!?"()[]…-–—').replace("’", "'") in LIGHT
    stresses = [0] if light else [2] if len(parts) == 1 else [STRESS[part.stress] for part in parts]
    texts = _texts(word.text, parts)
    return [SungSyllable(text, part.phonemes, stress, index) for text, part, stress in zip(texts, parts, stresses, strict=True)]


def _texts(text: str, parts: Sequence[Syllable]) -> list[str]:
    """The letters of each syllable, "-" behind all but the last; where letters do not spell it ("1999"), the whole word on the first."""
    cut = None if any(not (char.isalpha() or char in _CLINGING) for char in text) else hyphenated(text, parts)
    if cut is None:
        return [text, *[HELD] * (len(parts) - 1)]
    return [part if i + 1 == len(cut) else f"{part.rstrip('-')}-" for i, part in enumerate(cut)]


def hyphenated(text: str, syllables: Sequence[Syllable]) -> list[str] | None:
    """`text` cut into one piece a syllable, joined they are `text`; None where it has too few letters.

    The cuts are those that explain the sounds best: a piece has the vowel letters of its nucleus and begins with a letter that can
    spell its first consonant.  Found exactly, by dynamic programming over the cuts.
    """
    count, size = len(syllables), len(text)
    if count > sum(c.isalpha() for c in text):
        return None
    small = text.casefold() if len(text.casefold()) == size else text
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, (0,))}
    for k, syllable in enumerate(syllables):
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, cuts) in best.items():
            for end in (size,) if k + 1 == count else range(start + 1, size - (count - k - 1) + 1):
                total = cost + _misfit(small[start:end], syllable, first=k == 0, last=k + 1 == count)
                if end not in following or total < following[end][0]:
                    following[end] = (total, (*cuts, end))
        best = following
    cuts = best[size][1]
    return [text[a:b] for a, b in pairwise(cuts)]


def _misfit(piece: str, syllable: Syllable, *, first: bool, last: bool) -> float:
    """How badly a piece of a word spells a syllable."""
    letters = [c for c in piece if c.isalpha()]
    if not letters:
        return 20.0
    cost = 0.0
    vowels = [i for i, c in enumerate(letters) if c in _VOWEL_LETTERS and not (c == "u" and i and letters[i - 1] == "q")]
    groups = [i for i in vowels if i - 1 not in vowels]
    if last and len(groups) > 1 and letters[-1] == "e" and groups[-1] == len(letters) - 1:
        groups.pop()
    if last and len(groups) > 1 and "".join(letters[-2:]) in ("es", "ed"):
        groups.pop()
    sonorant = syllable.nucleus.startswith(("AH", "ER")) and letters[-1] in "lrmn"
    if not groups:
        cost += 1.0 if sonorant else 4.0
    cost += 1.6 * max(0, len(groups) - 1)
    if not first:
        if syllable.onset:
            cost += 0.0 if letters[0] in _SPELLED[syllable.onset[0]] else 2.0
            cost += 1.0 if len(letters) > 1 and letters[0] == letters[1] else 0.0
        else:
            cost += 0.0 if letters[0] in _VOWEL_LETTERS else 1.5
        cost += 3.0 if not piece[0].isalpha() else 0.0
    consonants = sum(1 for i, c in enumerate(letters) if i not in vowels and (i == 0 or letters[i - 1] != c) and c != "h")
    sounds = len(syllable.onset) + len(syllable.coda)
    return cost + 0.35 * abs(consonants - sounds)
