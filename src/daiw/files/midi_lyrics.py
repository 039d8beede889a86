"""Words in MIDI files and the notes that they belong to: lyric events, and the texts of karaoke files.

Words that stand at notes of their own chunk stay with those.  Words of a chunk without notes, of one in which several instruments play
(all of a format 0 file), or beside their notes go to the track whose notes begin where they do.  A file without lyric events may hold
them as texts (".kar": a line begins with "/" or a backslash, "@" begins what is not sung).
Syllables of a word are joined by a hyphen at the end of all but its last, as in scores.  Files that end words with spaces or line breaks
instead (RP-026 and karaoke) are read so.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from daiw.files.midi_channel import DRUM_CHANNEL, Message
from daiw.files.midi_events import LYRIC, TEXT, RawTrack
from daiw.files.midi_names import decode_text
from daiw.music.score import Track
from daiw.music.time import TICKS_PER_QUARTER

Lyrics = dict[tuple[int, int], str]
"""Syllables by (tick, pitch), in ticks of ours."""

NEAR_TICKS = TICKS_PER_QUARTER // 12
"""How far from its note a syllable may stand."""

FEWEST_TEXTS = 4
"""A chunk with fewer texts is no karaoke."""

LIKELY = ("vocal", "voice", "sing", "melody", "lead", "karaoke")
BREAKS = b"/\\"
"""What begins a line and a verse in karaoke files."""


@dataclass(frozen=True, slots=True)
class Word:
    """A syllable and where it stands.  tick: of ours.  position: how many messages of its chunk come before it.  raw_tick: the file's."""

    tick: int
    text: str
    position: int
    raw_tick: int


def words_of(chunks: Sequence[tuple[RawTrack, int]], scale: Callable[[int], int]) -> list[list[Word]]:
    """The syllables of each chunk, in order.  chunks: (chunk, its first tick in the file's ticks)."""
    told = [[meta for meta in raw.metas if meta[1] == LYRIC] for raw, _ in chunks]
    breaks = b""
    if not any(told):
        told, breaks = [_karaoke(raw) for raw, _ in chunks], BREAKS
    return [
        [
            Word(scale(offset + tick), text, position, tick)
            for (tick, _, _, position, _), text in zip(metas, joined([meta[2] for meta in metas], breaks), strict=True)
            if text
        ]
        for metas, (_, offset) in zip(told, chunks, strict=True)
    ]


def _karaoke(raw: RawTrack) -> list[tuple[int, int, bytes, int, int]]:
    """The texts of a chunk that are sung; none where no line begins as karaoke's do."""
    texts = [meta for meta in raw.metas if meta[1] == TEXT and not meta[2].startswith(b"@")]
    return texts if len(texts) >= FEWEST_TEXTS and any(meta[2][:1] in (BREAKS[:1], BREAKS[1:]) for meta in texts) else []


def joined(payloads: Sequence[bytes], breaks: bytes = b"") -> list[str]:
    """Syllables with a hyphen where their word goes on.  breaks: what else than a space before a syllable begins a line.

    >>> joined([b"Hel", b"lo ", b"world"]), joined([b"Hel-", b"lo", b"world"]), joined([b"la", b"la"])
    (['Hel-', 'lo', 'world'], ['Hel-', 'lo', 'world'], ['la', 'la'])
    >>> joined([b"/Hel", b"lo", b"/world"], breaks=b"/")
    ['Hel-', 'lo', 'world']
    """
    begins = [payload[:1].isspace() or (payload[:1] != b"" and payload[:1] in breaks) for payload in payloads]
    ends = [payload[-1:].isspace() for payload in payloads]
    texts = [decode_text(payload.lstrip(breaks) if breaks else payload) for payload in payloads]
    if not any((*begins, *ends)) or any(text.endswith("-") for text in texts):
        return texts
    return [
        f"{text}-" if text and after and not end and not begin else text
        for text, after, end, begin in zip(texts, [*texts[1:], ""], ends, [*begins[1:], True], strict=True)
    ]


def at_notes(words: Iterable[Word], messages: list[Message], channels: Iterable[int]) -> dict[int, Lyrics]:
    """Syllables by channel: each goes to the next note of its tick, or else to the last one before it."""
    lyrics: dict[int, Lyrics] = {channel: {} for channel in channels}
    for word in words:
        for index in (*_same_tick(messages, word.position, 1, word.raw_tick), *_same_tick(messages, word.position - 1, -1, word.raw_tick)):
            _, status, pitch, velocity = messages[index]
            note = (word.tick, pitch)
            if status >> 4 == 9 and velocity and status & 15 != DRUM_CHANNEL and note not in lyrics[status & 15]:
                lyrics[status & 15][note] = word.text
                break
    return lyrics


def _same_tick(messages: list[Message], position: int, step: int, tick: int) -> Iterator[int]:
    """Positions from `position` on, by `step`, while the tick stays the same; at most 64, as nobody plays more at once."""
    for index in range(position, position + 64 * step, step):
        if not 0 <= index < len(messages) or messages[index][0] != tick:
            return
        yield index


def with_words(tracks: tuple[Track, ...], words: Sequence[Word]) -> tuple[Track, ...]:
    """The tracks, one of them with the words: the one that most of them share their beginning with, if at least half do.

    Where several do, one that is called a voice or a melody is taken, then the highest.
    """
    melodic = [i for i, track in enumerate(tracks) if track.notes and not track.drums]
    if not words or not melodic:
        return tracks
    found = {i: _places(tracks[i], words) for i in melodic}

    def fitness(i: int) -> tuple[int, bool, float]:
        named = any(name in tracks[i].role.casefold() for name in LIKELY)
        return len(found[i]), named, sum(note.pitch for note in tracks[i].notes) / len(tracks[i].notes)

    best = max(melodic, key=fitness)
    if 2 * len(found[best]) < len(words):
        return tracks
    notes = list(tracks[best].notes)
    for index, text in found[best].items():
        if not notes[index].lyric:
            notes[index] = replace(notes[index], lyric=text)
    return (*tracks[:best], replace(tracks[best], notes=tuple(notes)), *tracks[best + 1 :])


def _places(track: Track, words: Sequence[Word]) -> dict[int, str]:
    """Index of a note -> its syllable: the highest note at the beginning nearest to it, each taken once."""
    tops: dict[int, int] = {}
    for index, note in enumerate(track.notes):
        if note.start not in tops or note.pitch > track.notes[tops[note.start]].pitch:
            tops[note.start] = index
    starts, places = sorted(tops), dict[int, str]()
    for word in words:
        place = bisect_left(starts, word.tick)
        near = [tick for tick in starts[max(0, place - 1) : place + 1] if abs(tick - word.tick) <= NEAR_TICKS and tops[tick] not in places]
        if near:
            places[tops[min(near, key=lambda tick: abs(tick - word.tick))]] = word.text
    return places


def stray(words: Sequence[Word], found: Mapping[int, Lyrics]) -> bool:
    """Whether words have to be looked for elsewhere: several instruments play here, or most of the words stand at no note."""
    return bool(words) and (len(found) != 1 or 2 * sum(map(len, found.values())) < len(words))


def without_words(track: Track) -> Track:
    """The track, and nobody sings."""
    if not any(note.lyric for note in track.notes):
        return track
    return replace(track, notes=tuple(replace(note, lyric="") if note.lyric else note for note in track.notes))
