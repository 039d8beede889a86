"""When each sound is made: the vowel on the beat, its consonants before it, taken from the note before."""

from collections.abc import Mapping, Sequence

from daiw.music.vocal_line import SungPhoneme
from daiw.singing.sung import Sung

SHORTEST_S = 0.025
MOST_CONSONANT = 0.68
"""Of the time from one vowel to the next, at most this share belongs to the consonants between them."""

CODA_INSIDE = 0.5
"""Share of the last consonants of a phrase that lies before the note's end; the rest follows it."""


def placed(phrase: Sequence[Sung], lengths: Mapping[int, float], gaps: Mapping[int, float], earliest_s: float) -> tuple[SungPhoneme, ...]:
    """The phrase's sounds, gapless.

    lengths: seconds of each consonant when spoken, by its index among the phrase's sounds.  gaps: seconds for the gap to the next word, by
    the consonant before it, which is longer by it where the note has room.  earliest_s: the first consonant begins no sooner; where there
    is no room the consonants shrink, and if need be the first vowel waits for them.
    """
    result: list[SungPhoneme] = []
    index = 0
    first = phrase[0].syllable.onset
    wanted = [lengths[i] for i in range(len(first))]
    room = max(phrase[0].start_s - earliest_s, SHORTEST_S * len(first) * 0.6)
    _lay(result, first, _squeezed(wanted, room), max(earliest_s, phrase[0].start_s - min(sum(wanted), room)))
    for i, sung in enumerate(phrase):
        index += len(sung.syllable.onset)
        coda = sung.syllable.coda
        following = phrase[i + 1].syllable.onset if i + 1 < len(phrase) else ()
        start = result[-1].end_s if result else sung.start_s
        until = phrase[i + 1].start_s if i + 1 < len(phrase) else sung.end_s
        between = [lengths[index + 1 + k] for k in range(len(coda) + len(following))]
        room = MOST_CONSONANT * (until - start)
        gap = min(gaps.get(index + len(coda), 0.0), max(room - sum(between), 0.0))
        between = _squeezed(between, room)
        if coda:
            between[len(coda) - 1] += gap
        used = sum(between) if i + 1 < len(phrase) else CODA_INSIDE * sum(between)
        end = max(until - used, start + SHORTEST_S)
        last_of_word = not coda and sung.ends_word
        result.append(SungPhoneme(sung.syllable.nucleus, start, end, last_of_word))
        _lay(result, coda, between[: len(coda)], end)
        if coda and sung.ends_word:
            last = result[-1]
            result[-1] = SungPhoneme(last.symbol, last.start_s, last.end_s, True)
        _lay(result, following, between[len(coda) :], result[-1].end_s)
        index += 1 + len(coda)
    return tuple(result)


def _lay(result: list[SungPhoneme], symbols: Sequence[str], lengths: Sequence[float], start_s: float) -> None:
    for symbol, length in zip(symbols, lengths, strict=True):
        result.append(SungPhoneme(symbol, start_s, start_s + length))
        start_s += length


def _squeezed(lengths: list[float], room: float) -> list[float]:
    total = sum(lengths)
    return lengths if total <= room else [length * room / total for length in lengths]
