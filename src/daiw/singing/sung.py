"""From notes with lyrics to sung syllables: who sings what from when to when, in seconds."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from daiw.music.phoneme import Syllable, is_vowel, syllabify
from daiw.music.score import Note
from daiw.singing.pronounce import pronounce_line

HELD = ("_", "-", "+", "~", "–", "—")
"""What files write for "the vowel goes on"; we write "_"."""

PHRASE_GAP_S = 0.18
"""A shorter rest inside a phrase is sung over."""

VOCALISE = Syllable((), "UW1")
"""What a note without any words sings."""

LINE_WORDS = 12
"""Words are looked up at most so many at a time: their neighbours decide how they sound."""


@dataclass(frozen=True, slots=True)
class Tone:
    """One note of the voice, in seconds."""

    start_s: float
    end_s: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Sung:
    """One syllable and the tones it is sung on; more than one is a melisma.  ends_word: a word ends with it."""

    syllable: Syllable
    tones: tuple[Tone, ...]
    ends_word: bool = True

    @property
    def start_s(self) -> float:
        """Where its vowel begins: on the beat."""
        return self.tones[0].start_s

    @property
    def end_s(self) -> float:
        """Where its last tone ends."""
        return self.tones[-1].end_s


def phrases(notes: Sequence[Note], seconds: Callable[[int], float]) -> tuple[tuple[Sung, ...], ...]:
    """The track's syllables, divided where the voice can breathe.

    seconds: ticks -> song time.  One voice sings one note at a time: of a chord the top note, and a later note ends the one before.
    """
    line = one_voice(notes)
    tones = [Tone(seconds(note.start), max(seconds(note.end), seconds(note.start) + 0.03), note.pitch, note.velocity) for note in line]
    sung: list[Sung] = []
    for word in _words(line):
        of_word = [tones[i] for i in word.notes]
        sung += _held(sung, of_word[0], word.again) if word.phonemes is None else _on_notes(_syllables(word.phonemes), of_word, word.ends)
    return tuple(_divided(sung))


def one_voice(notes: Sequence[Note]) -> list[Note]:
    """The notes that one voice can sing, sorted; words of the lower notes of a chord are not lost but go to its top note."""
    line: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
        if line and line[-1].start == note.start:
            if note.lyric and not line[-1].lyric:
                top = line[-1]
                line[-1] = Note(top.start, top.duration, top.pitch, top.velocity, note.lyric, note.phonemes)
            continue
        if line and line[-1].end > note.start:
            last = line[-1]
            line[-1] = Note(last.start, note.start - last.start, last.pitch, last.velocity, last.lyric, last.phonemes)
        line.append(note)
    return line


def _clean(lyric: str) -> str:
    """The syllable without the marks of karaoke files."""
    return re.sub(r"^[\\/@]+", "", lyric).strip()


@dataclass(slots=True)
class _Word:
    """notes: indices.  text: to look up.  phonemes: None for a tone that goes on with the vowel before.  again: after a rest, too."""

    notes: list[int]
    text: str = ""
    phonemes: tuple[str, ...] | None = None
    ends: bool = True
    again: bool = False


def _words(line: list[Note]) -> list[_Word]:
    """The line as words, all of them with their sounds."""
    words: list[_Word] = []
    unknown: list[_Word] = []
    is_open = False
    for i, note in enumerate(line):
        text = _clean(note.lyric)
        if note.phonemes:
            if text in HELD and words:
                words[-1].ends = False
            words.append(_Word([i], phonemes=note.phonemes, ends=not text.endswith("-")))
            is_open = False
        elif text in HELD or not text:
            if is_open:
                words[-1].notes.append(i)
            else:
                words.append(_Word([i], again=bool(text)))
        else:
            if is_open:
                words[-1].notes.append(i)
                words[-1].text += text.rstrip("-")
            else:
                words.append(_Word([i], text.rstrip("-"), ()))
                unknown.append(words[-1])
            is_open = text.endswith("-")
    for start in range(0, len(unknown), LINE_WORDS):
        part = unknown[start : start + LINE_WORDS]
        for word, phonemes in zip(part, pronounce_line([word.text for word in part]), strict=True):
            word.phonemes = phonemes
    return words


def _syllables(phonemes: tuple[str, ...]) -> tuple[Syllable, ...]:
    if not phonemes:
        return (VOCALISE,)
    return syllabify(phonemes if any(map(is_vowel, phonemes)) else (*phonemes, "AH0"))


def _on_notes(syllables: tuple[Syllable, ...], tones: list[Tone], ends: bool) -> list[Sung]:
    """A word's syllables on its tones: one each; the last tone takes what is left over, spare tones hold the last vowel."""
    count = len(syllables)
    if len(tones) >= count:
        groups = [*([tone] for tone in tones[: count - 1]), tones[count - 1 :]]
    else:
        share = _shared(tones[-1], syllables[len(tones) - 1 :])
        groups = [*([tone] for tone in tones[:-1]), *([tone] for tone in share)]
    return [
        Sung(syllable, tuple(group), ends and i == count - 1) for i, (syllable, group) in enumerate(zip(syllables, groups, strict=True))
    ]


def _shared(tone: Tone, syllables: tuple[Syllable, ...]) -> list[Tone]:
    """One tone cut for several syllables: stressed ones and the last get more."""
    weights = [1.0 + 0.5 * (syllable.stress > 0) for syllable in syllables]
    weights[-1] += 0.5
    length, total, cuts = tone.end_s - tone.start_s, sum(weights), [tone.start_s]
    for weight in weights:
        cuts.append(cuts[-1] + length * weight / total)
    return [Tone(start, end, tone.pitch, tone.velocity) for start, end in zip(cuts, [*cuts[1:-1], tone.end_s], strict=False)]


def _held(sung: list[Sung], tone: Tone, again: bool) -> list[Sung]:
    """A tone without words: it holds the vowel before it; after a rest it sings that vowel again, or "oo" where nothing asks for it."""
    if sung and tone.start_s - sung[-1].end_s < PHRASE_GAP_S:
        before = sung.pop()
        return [Sung(before.syllable, (*before.tones, tone), before.ends_word)]
    return [Sung(Syllable((), sung[-1].syllable.nucleus) if again and sung else VOCALISE, (tone,))]


def _divided(sung: list[Sung]) -> Iterator[tuple[Sung, ...]]:
    phrase: list[Sung] = []
    for syllable in sung:
        if phrase and syllable.start_s - phrase[-1].end_s >= PHRASE_GAP_S:
            yield tuple(phrase)
            phrase = []
        phrase.append(syllable)
    if phrase:
        yield tuple(phrase)
