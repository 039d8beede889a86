"""Words that somebody changed on the notes, back into the lines they belong to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from daiw.music.lyrics import HELD, LyricWord, SungLine, SungSyllable
from daiw.music.score import Note
from daiw.verse.syllables import Pronounce, word_syllables

OPEN = ("UW1",)
"""What is sung on a word that nobody can say."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A note that begins a syllable.  note: its index.  line: it belongs to.  was: the syllable it had, None where that is another."""

    note: int
    text: str
    line: int
    was: SungSyllable | None


def reworded(lines: Sequence[SungLine], notes: Sequence[Note], pronounce: Pronounce) -> tuple[tuple[SungLine, ...], tuple[Note, ...]]:
    """The lines as the notes sing them now, and the notes with the sounds of every word that is another.

    notes: the voice's, in order.  A word counts as a whole: where one of its syllables is new, all of it is said anew.  Words that are as
    they were keep how they are written and said.  A syllable between two lines goes to the nearer one; a line without any is left out.
    """
    places = [i for i, note in enumerate(notes) if note.lyric and (note.lyric != HELD or note.phonemes)]
    old = [(index, syllable) for index, line in enumerate(lines) for syllable in line.syllables]
    if not old:
        return tuple(lines), tuple(notes)
    if [syllable.text for _, syllable in old] == [notes[i].lyric for i in places]:
        known = {i: syllable.phonemes for i, (_, syllable) in zip(places, old, strict=True)}
        return tuple(lines), tuple(note if note.phonemes else replace(note, phonemes=known.get(i, ())) for i, note in enumerate(notes))
    spans = _spans(old, notes, places)
    result, sung = [], list(notes)
    for index, line in enumerate(lines):
        words = list(_words([span for span in spans if span.line == index]))
        if words:
            result.append(_line(line, words, sung, pronounce))
    return tuple(result), tuple(sung)


def _spans(old: Sequence[tuple[int, SungSyllable]], notes: Sequence[Note], places: Sequence[int]) -> list[_Span]:
    """Every syllable of the notes with the line it belongs to, by what is alike in both."""
    texts = [notes[i].lyric for i in places]
    spans: list[_Span] = []
    for kind, a, b, c, d in SequenceMatcher(None, [syllable.text for _, syllable in old], texts, autojunk=False).get_opcodes():
        for k in range(c, d):
            if kind == "insert":
                before, after = max(a - 1, 0), min(a, len(old) - 1)
                to_before = notes[places[k]].start - notes[places[c - 1]].end if c else float("inf")
                to_after = notes[places[d]].start - notes[places[d - 1]].end if d < len(places) else float("inf")
                line = old[before if to_before <= to_after else after][0]
            else:
                line = old[min(a + k - c, b - 1)][0]
            spans.append(_Span(places[k], texts[k], line, old[a + k - c][1] if kind == "equal" else None))
    return spans


def _words(spans: Sequence[_Span]) -> Iterator[list[_Span]]:
    """The spans of each word: it goes on behind a hyphen, and where a written word has no letters left."""
    word: list[_Span] = []
    for span in spans:
        if word and not word[-1].text.endswith("-") and span.text != HELD:
            yield word
            word = []
        word.append(span)
    if word:
        yield word


def _line(line: SungLine, words: Sequence[Sequence[_Span]], sung: list[Note], pronounce: Pronounce) -> SungLine:
    """The line with its words of now; `sung` gets the sounds of those that are others."""
    counts = [sum(syllable.word == index for syllable in line.syllables) for index in range(len(line.words))]
    known = [_known(word, counts) for word in words]
    shown = [
        line.words[place] if place is not None else "".join(span.text.rstrip("-") for span in word if span.text != HELD)
        for word, place in zip(words, known, strict=True)
    ]
    syllables: list[SungSyllable] = []
    for index, (word, place, heard) in enumerate(zip(words, known, pronounce(shown), strict=True)):
        said = [replace(span.was, word=index) for span in word if place is not None and span.was is not None]
        if not said:
            said = _fitted(word_syllables(LyricWord(shown[index]), heard or OPEN, index), [span.text for span in word])
        for span, syllable in zip(word, said, strict=True):
            sung[span.note] = replace(sung[span.note], phonemes=syllable.phonemes)
        syllables += said
    if tuple(shown) == line.words:
        return replace(line, syllables=tuple(syllables))
    return replace(line, text=" ".join(shown), words=tuple(shown), syllables=tuple(syllables), repeats=False)


def _known(word: Sequence[_Span], counts: Sequence[int]) -> int | None:
    """Which word of the line it was, whole and unchanged; None where it is another."""
    places = {span.was.word if span.was else None for span in word}
    place = places.pop() if len(places) == 1 else None
    return place if place is not None and counts[place] == len(word) else None


def _fitted(parts: Sequence[SungSyllable], texts: Sequence[str]) -> list[SungSyllable]:
    """A word's syllables on as many notes: what is too many is said on the last note, a note too many goes on with the last vowel."""
    count = len(texts)
    fitted = list(parts[:count])
    if len(parts) > count:
        rest = tuple(sound for part in parts[count - 1 :] for sound in part.phonemes)
        fitted[-1] = replace(parts[count - 1], phonemes=rest)
    vowel = tuple(sound for sound in parts[-1].phonemes if sound[-1].isdigit())[-1:] or OPEN
    fitted += [replace(parts[-1], phonemes=vowel, stress=0)] * (count - len(parts))
    return [replace(part, text=text) for part, text in zip(fitted, texts, strict=True)]
