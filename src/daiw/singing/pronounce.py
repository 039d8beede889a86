"""How a word is said: ARPAbet phonemes for any written English, a line at a time so that context can decide ("I read", "to read").

The lexicon (90,000 words), the part-of-speech tagger and the network for unknown words are those of hibari-tts (Apache-2.0, after
misaki 0.9.4); here their alphabet becomes ARPAbet, and what a singer needs is added: every word that is sounded at all has a vowel.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from daiw.errors import ModelError
from daiw.music.phoneme import MANNERS, SONORITY, base, is_vowel

if TYPE_CHECKING:
    from hibari.g2p import G2P

_VOWELS = {
    "A": "EY", "I": "AY", "O": "OW", "Q": "OW", "W": "AW", "Y": "OY", "i": "IY", "u": "UW", "a": "AA", "ɑ": "AA", "ɒ": "AA", "æ": "AE",
    "ɔ": "AO", "ɛ": "EH", "e": "EH", "ɜ": "ER", "ə": "AH", "ɐ": "AH", "ʌ": "AH", "ᵊ": "AH", "ɪ": "IH", "ᵻ": "IH", "ɨ": "IH", "ʊ": "UH",
    "o": "OW", "ɚ": "ER",
}  # fmt: skip
_CONSONANTS = {
    "b": "B", "d": "D", "f": "F", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N", "p": "P", "s": "S", "t": "T", "v": "V",
    "w": "W", "z": "Z", "ð": "DH", "ŋ": "NG", "ɡ": "G", "ɹ": "R", "r": "R", "ɾ": "DX", "T": "DX", "ʃ": "SH", "ʒ": "ZH", "ʤ": "JH",
    "ʧ": "CH", "θ": "TH", "ʔ": "T", "x": "K",
}  # fmt: skip
_SPOKEN = {
    "AA": "ɑ", "AE": "æ", "AO": "ɔ", "AW": "W", "AY": "I", "EH": "ɛ", "ER": "ɜɹ", "EY": "A", "IH": "ɪ", "IY": "i", "OW": "O", "OY": "Y",
    "UH": "ʊ", "UW": "u", "AH": "ʌ",
}  # fmt: skip
_UNSTRESSED = {"AH": "ə", "ER": "əɹ"}
_MARKS = {"1": "ˈ", "2": "ˌ"}
_SYMBOLS = {arpabet: ipa for ipa, arpabet in _CONSONANTS.items() if ipa not in ("r", "ʔ", "x", "ɾ")}
_INTERJECTIONS = {
    "sh": "SH AH1", "shh": "SH AH1", "psst": "P AH1 S T", "pst": "P AH1 S T", "hm": "HH AH1 M", "hmm": "HH AH1 M", "mm": "AH1 M",
    "mhm": "AH0 M HH AH1 M", "brr": "B ER1", "grr": "G ER1", "tsk": "T IH1 S K", "zz": "Z AH1 Z", "ooh": "UW1", "ah": "AA1", "aah": "AA1",
    "oh": "OW1", "ohh": "OW1", "la": "L AA1", "na": "N AA1", "da": "D AA1", "doo": "D UW1", "whoa": "W OW1", "woah": "W OW1",
    "yeah": "Y AE1", "yeeaah": "Y AE1", "hey": "HH EY1", "heey": "HH EY1", "uh": "AH1", "eh": "EH1",
}  # fmt: skip
_SPELLED_TEXT = (
    "TV USA UK DJ OK CD DVD FBI CIA NYC UFO ATM MTV VIP SOS BBC CEO PC DNA HIV NHS AC DC MC LP EP BMW GPS TNT XXX IQ PJ TGIF ASAP"
)
SPELLED = frozenset(_SPELLED_TEXT.split())
"""Capitals that are said letter by letter in a line of capitals, too."""

SHOUTED = 0.6
"""Share of a line's longer words in capitals from which the whole line is written so, and short words are words: US, IT, AM."""

_JUNK = re.compile(r"[^\w']+|_+")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")
_LOCK = Lock()


def pronounce(word: str) -> tuple[str, ...]:
    """The phonemes of one written word out of context; empty where nothing in it is spoken ("...", an emoji, Chinese).

    Raises ModelError where the lexicon is missing.

    >>> pronounce("Hello"), pronounce("1999")[:4]
    (('HH', 'AH0', 'L', 'OW1'), ('N', 'AY2', 'N', 'T'))
    """
    return pronounce_line((word,))[0]


def pronounce_line(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The phonemes of each word of a line, in order; neighbours decide between "wind" and "wind", "the" and "the".

    Punctuation may cling to the words.  Raises ModelError where the lexicon is missing.

    >>> [" ".join(word) for word in pronounce_line("I wind the clock".split())]
    ['AY2', 'W AY1 N D', 'DH AH0', 'K L AA1 K']
    """
    spoken = [_written_out(word) for word in _unshouted(words)]
    heard: list[list[str]] = [[] for _ in words]
    with _LOCK:  # the tagger and the network are shared by the threads that render
        g2p, position = _g2p(), 0
        text = " ".join(spoken)
        ends = list(_ends(spoken))
        for token in g2p.phonemize_tokens(g2p.tokenize(text)):
            found = text.find(token.text, position)
            position = found if found >= 0 else position
            index = min(sum(position >= end for end in ends), len(words) - 1)
            heard[index].append(token.phonemes or "")
            position += len(token.text)
    return tuple(_interjection(word) or _arpabet(" ".join(parts)) for word, parts in zip(words, heard, strict=True))


def _unshouted(words: Sequence[str]) -> list[str]:
    """The words with capitals made small where they are a manner of writing and no letters to be named.

    >>> _unshouted("I LOVED you on TV".split()), _unshouted("IT WAS US ON TV".split())
    (['I', 'loved', 'you', 'on', 'TV'], ['it', 'was', 'us', 'on', 'TV'])
    """
    letters = ["".join(char for char in word if char.isalpha()) for word in words]
    longer = [word for word in letters if len(word) > 1]
    capital = [word for word in longer if word.isupper() and word not in SPELLED]
    shouted = len(capital) > 1 and len(capital) >= SHOUTED * len(longer)
    return [
        word.lower() if own.isupper() and own != "I" and own not in SPELLED and (shouted or _is_word(own)) else word
        for word, own in zip(words, letters, strict=True)
    ]


def _is_word(capitals: str) -> bool:
    """Whether capitals that stand alone in a line look like a word: four letters or more, some of them vowels."""
    return len(capitals) > 3 and bool(set("AEIOUY") & set(capitals))


def _interjection(word: str) -> tuple[str, ...]:
    return tuple(_INTERJECTIONS.get(_STRETCHED.sub(r"\1\1", _JUNK.sub("", word.lower())), "").split())


def spoken(phonemes: Sequence[str]) -> str:
    """The word in the alphabet of the voice (misaki's), stress marks before the vowels.

    >>> spoken(["HH", "AH0", "L", "OW1"])
    'həlˈO'
    """
    return "".join("".join(symbols_of(phoneme)) for phoneme in phonemes)


def symbols_of(phoneme: str) -> tuple[str, ...]:
    """One phoneme in the voice's alphabet: mark and letter, and two letters for ER."""
    symbol = base(phoneme)
    if symbol not in _SPOKEN:
        return (_SYMBOLS[symbol],)
    digit = phoneme[len(symbol) :] or "0"
    letters = _UNSTRESSED.get(symbol, _SPOKEN[symbol]) if digit == "0" else _SPOKEN[symbol]
    return (*_MARKS.get(digit, ""), *letters)


@cache
def _g2p() -> "G2P":
    try:
        from hibari.g2p import G2P

        return G2P()
    except (ImportError, OSError, ValueError, EOFError) as error:
        raise ModelError(f"the pronouncing dictionary cannot be loaded ({error}); reinstall hibari-tts 0.2.1") from error


def _written_out(word: str) -> str:
    """A word as it is read: numbers, times and sums in words, stretched letters ("sooooo") shortened, "runnin'" whole."""
    from hibari.g2p.normalize import normalize

    plain = unicodedata.normalize("NFKC", word).replace("’", "'").replace("‘", "'")
    plain = "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in plain if _is_read(char)).strip()
    plain = _STRETCHED.sub(r"\1\1", plain)
    if not plain.replace("'", "").isalpha():
        plain = str(normalize(plain)).strip()
    return re.sub(r"\s+", " ", plain) or "."


def _is_read(char: str) -> bool:
    return (char.isascii() and char.isprintable()) or char.isalpha() or char.isdecimal() or char in "£€ "


def _ends(words: Sequence[str]) -> Iterator[int]:
    """Where each word ends in the joined text, the space after it included."""
    position = 0
    for word in words:
        position += len(word) + 1
        yield position


def _arpabet(text: str) -> tuple[str, ...]:
    """Phonemes from the voice's alphabet; marks, spaces and unknown characters fall out."""
    phonemes: list[str] = []
    stress, i = "0", 0
    while i < len(text):
        char, following = text[i], text[i + 1 : i + 2]
        i += 1
        if char in "ˈˌ":
            stress = "1" if char == "ˈ" else "2"
        elif char in _VOWELS:
            vowel = _VOWELS[char]
            if char in "əɜ" and following in ("ɹ", "r") and following and not (char == "ə" and _vowel_next(text, i + 1)):
                vowel, i = "ER", i + 1
            phonemes.append(vowel + stress)
            stress = "0"
        elif char in _CONSONANTS:
            phonemes.append(_CONSONANTS[char])
    return _with_vowels(phonemes)


def _vowel_next(text: str, i: int) -> bool:
    return text[i : i + 1] in _VOWELS or (text[i : i + 1] in ("ˈ", "ˌ") and text[i + 1 : i + 2] in _VOWELS)


def _with_vowels(phonemes: list[str]) -> tuple[str, ...]:
    """A schwa before each m, n or l that is a syllable of its own ("button"), and one where there are consonants only."""
    result: list[str] = []
    for i, phoneme in enumerate(phonemes):
        before = SONORITY[MANNERS[base(phonemes[i - 1])]] if i else 9
        after = SONORITY[MANNERS[base(phonemes[i + 1])]] if i + 1 < len(phonemes) else -1
        own = SONORITY[MANNERS[base(phoneme)]]
        if phoneme in ("M", "N", "L", "NG") and i and before < own > after:
            result.append("AH0")
        result.append(phoneme)
    if result and not any(is_vowel(phoneme) for phoneme in result):
        result.insert(len(result) if len(result) == 1 else len(result) - 1, "AH1")
    return tuple(result)
