"""The words of a song: as the person wrote them, and as syllables that a tune can carry."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daiw.music.score import Note

SECTION_WORDS = {
    "intro": "intro", "verse": "verse", "strophe": "verse", "pre-chorus": "pre-chorus", "prechorus": "pre-chorus",
    "pre chorus": "pre-chorus", "lift": "pre-chorus", "chorus": "chorus", "refrain": "chorus", "hook": "chorus",
    "post-chorus": "chorus", "post chorus": "chorus",
    "bridge": "bridge", "middle 8": "bridge", "middle eight": "bridge", "breakdown": "breakdown", "break": "breakdown", "build": "build",
    "drop": "drop", "solo": "solo", "interlude": "solo", "instrumental": "solo", "outro": "outro", "coda": "outro", "ending": "outro",
}  # fmt: skip
"""What people call a section -> its name in a plan."""

COMPANIONS = ("backing", "backing low", "double left", "double right", "whisper", "ad-libs")
"""Roles that sing with `vocal`: two harmonies, two more takes, a whispered one, and answers between the lines."""

SINGERS = ("vocal", *COMPANIONS)
COMPANY: Mapping[str, tuple[str, ...]] = {
    "harmonies": ("backing", "backing low"), "doubles": ("double left", "double right"), "whispers": ("whisper",), "ad-libs": ("ad-libs",),
}  # fmt: skip
"""What people call those that sing with the voice -> their roles."""

BLEND_LU, SPREAD_MS = (-12.0, 12.0), (0.0, 40.0)
"""What may be asked of those that sing with the voice: loudness against their usual place, and how far they lie from it in time."""

HELD = "_"
"""The text of a note that goes on with the syllable before it."""


def section_name(tag: str) -> str | None:
    """The plan's name for a section tag ("Verse 2", "Chorus x2", "Hook: Ana"); None where it names no section.

    >>> section_name("Verse 2"), section_name("HOOK (x2)"), section_name("Middle 8"), section_name("whispers")
    ('verse', 'chorus', 'bridge', None)
    """
    words = re.sub(r"[:(|,–—].*$|\s+-\s.*$", "", tag.casefold()).strip()
    words = re.sub(r"^(?:final|last|first|second|third|big|double)\s+", "", words)
    for form in (words, re.sub(r"\s*(?:x\s*\d+|\d+\s*x|\d+|[ivx]+|[a-d])$", "", words).strip()):
        if form in SECTION_WORDS:
            return SECTION_WORDS[form]
    return None


@dataclass(frozen=True, slots=True)
class LyricWord:
    """One word as written, punctuation included.  phonemes: how the person wants it said, ARPAbet; empty: as usual."""

    text: str
    phonemes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LyricLine:
    """One sung line.  text: exactly as written, without pronunciations.  words: what stands between its spaces."""

    text: str
    words: tuple[LyricWord, ...]


@dataclass(frozen=True, slots=True)
class LyricSection:
    """label: the tag as written ("Verse 2"), empty for words without one.  name: the plan's name for it, empty likewise.

    No lines: what was sung under that name before comes back.
    """

    label: str
    name: str
    lines: tuple[LyricLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Lyrics:
    """All words of a song.  origin: "file" the person's own, "draft" made of the person's sentences."""

    sections: tuple[LyricSection, ...]
    origin: str = "file"

    @property
    def lines(self) -> tuple[LyricLine, ...]:
        """All lines in order."""
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def text(self) -> str:
        """The words as they are shown: tags in brackets, a blank line between sections."""
        shown = []
        for section in self.sections:
            shown.append("\n".join([*([f"[{section.label}]"] if section.label else []), *(line.text for line in section.lines)]))
        return "\n\n".join(shown)


@dataclass(frozen=True, slots=True)
class SungSyllable:
    """One syllable of a line.

    text: as MIDI has it, "hel-" where its word goes on, "_" where the written word has no letters left ("1999" is one text, five
    syllables).  phonemes: never empty.  stress: 0 none, 1 secondary, 2 primary.  word: index into the line's words.
    """

    text: str
    phonemes: tuple[str, ...]
    stress: int
    word: int


@dataclass(frozen=True, slots=True)
class SungLine:
    """A line at its place in the song.

    section: index into the plan's sections.  text: as written.  words: as written, one for each word that is sung.
    syllables: in order.  repeats: it was sung before (the chorus again).
    """

    section: int
    text: str
    words: tuple[str, ...]
    syllables: tuple[SungSyllable, ...]
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Voice:
    """Who sings.  name: a manifest of kind "voice", or an instrument that stands in.  low..high: MIDI pitches it may be given.

    comfort_low..comfort_high: where it is understood best.  other: a second voice, for lines that two shall sing; may be empty.
    blend_lu, spread_ms: of those that sing with it, as in `music.styles.plan.VoicesStyle`.
    """

    name: str
    low: int = 52
    high: int = 74
    comfort_low: int = 56
    comfort_high: int = 68
    other: str = ""
    blend_lu: float = 0.0
    spread_ms: float = 18.0

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.comfort_low < self.comfort_high <= self.high <= 127:
            raise ValueError(f"a voice's comfortable range lies inside its range: {self}")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word as written and when it is sung, in ticks."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TimedLine:
    """A line as written and its words' times.  section: index into the plan's sections."""

    section: int
    text: str
    words: tuple[TimedWord, ...]


def timed(lines: Sequence[SungLine], notes: Sequence[Note]) -> tuple[TimedLine, ...]:
    """When every word is sung.

    notes: the voice's, in order.  A "_" without phonemes lengthens the syllable before it.  Raises ValueError where the notes carry
    other syllables than the lines.
    """
    spans: list[tuple[int, int, str]] = []
    for note in notes:
        if note.lyric == HELD and not note.phonemes:
            spans[-1:] = [(start, note.end, text) for start, _, text in spans[-1:]]
        elif note.lyric:
            spans.append((note.start, note.end, note.lyric))
    if len(spans) != sum(len(line.syllables) for line in lines):
        raise ValueError(f"{len(spans)} sung notes for {sum(len(line.syllables) for line in lines)} syllables")
    place, result = 0, []
    for line in lines:
        words: dict[int, tuple[int, int]] = {}
        for syllable in line.syllables:
            start, end, text = spans[place]
            if text != syllable.text:
                raise ValueError(f"the note sings {text!r}, the line {syllable.text!r}")
            words[syllable.word] = (words.get(syllable.word, (start, end))[0], end)
            place += 1
        result.append(TimedLine(line.section, line.text, tuple(TimedWord(line.words[i], *span) for i, span in sorted(words.items()))))
    return tuple(result)
