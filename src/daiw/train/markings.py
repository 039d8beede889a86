"""What a composer wrote above the notes of how they are meant: "Langsam, traurig", "Allegro agitato", "très doux"; read into halves.

The words are the composers' own, so they are labels of what music expresses that no model of ours has made.  Words of tempo alone
(andante, geschwind, lento) are not in the table, nor what music theory would argue about (maestoso, misterioso, espressivo).
"""

import csv
import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("markings.csv")
NOT = frozenset(["nicht", "ohne", "weniger", "non", "senza", "meno", "pas", "sans", "moins", "not", "no", "without", "less"])
"""What follows one of these is not meant, up to the next comma or one of TURNS."""
TURNS = frozenset(["und", "aber", "doch", "mit", "e", "ed", "ma", "con", "et", "mais", "avec", "and", "but", "with"])
PACES = re.compile(
    r"\b(tempo|andant\w*|alleg\w*|adagi\w*|lent\w*|larg\w*|moderat\w*|presto|vivace|langsam|schnell|geschwind|massig|rasch|modere|vif|vite|anime)\b"
)
"""Words of tempo: what was marked before them ends there."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What marking words say.

    valence, arousal: 1, -1, or 0 where the words say nothing of it or contradict each other.  words: those in the table.
    """

    valence: int
    arousal: int
    words: tuple[str, ...]

    @property
    def quadrant(self) -> int:
        """1 high valence and arousal, 2 low and high, 3 low and low, 4 high and low; 0 where a half is missing."""
        return {(1, 1): 1, (-1, 1): 2, (-1, -1): 3, (1, -1): 4}.get((self.valence, self.arousal), 0)


@dataclass(frozen=True, slots=True)
class Marking:
    """Words at a measure of a score.  measure: index as written.  text: all words there, in any part, folded."""

    measure: int
    text: str


@cache
def stems() -> dict[str, tuple[int, int]]:
    """Stem (ending in * where it may go on) -> valence, arousal."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["stem"]: (int(row["valence"] or 0), int(row["arousal"] or 0)) for row in csv.DictReader(file)}


def folded(text: str) -> str:
    """Lower case, without accents; ß is ss.

    >>> folded("Mäßig, ému")
    'massig, emu'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def stem_of(word: str) -> str | None:
    """The longest stem of the table that a folded word has."""
    table = stems()
    if word in table:
        return word
    return next((stem for end in range(len(word), 1, -1) if (stem := word[:end] + "*") in table), None)


def meant(text: str) -> Meant:
    """The halves that a marking speaks of; what it denies ("nicht zu lebhaft") does not count.

    >>> meant("Langsam, traurig").quadrant, meant("Allegro agitato").quadrant, meant("Innig, lebhaft").quadrant
    (3, 2, 0)
    """
    words, valences, arousals = [], set(), set()
    for phrase in re.split(r"[,.;:()\n]", folded(text)):
        denied = False
        for word in re.findall(r"[^\W\d_]+", phrase):
            denied = word in NOT or (denied and word not in TURNS)
            stem = None if denied else stem_of(word)
            if stem is not None:
                words.append(word)
                valences.add(stems()[stem][0])
                arousals.add(stems()[stem][1])
    return Meant(agreed(valences), agreed(arousals), tuple(words))


def agreed(signs: set[int]) -> int:
    """The one sign that is spoken of, else 0."""
    said = signs - {0}
    return said.pop() if len(said) == 1 else 0


def markings(root: ET.Element) -> list[Marking]:
    """All measures with words above or under the notes, in order."""
    at: dict[int, list[str]] = {}
    for part in root.findall("part"):
        for i, measure in enumerate(part.findall("measure")):
            for words in measure.findall("direction/direction-type/words"):
                text = folded((words.text or "").strip())
                if text and text not in at.setdefault(i, []):
                    at[i].append(text)
    return [Marking(i, ", ".join(texts)) for i, texts in sorted(at.items()) if texts]
