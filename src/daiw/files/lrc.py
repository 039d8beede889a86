"""lyrics.lrc: the words with their times, for players that show them as they are sung.

Enhanced LRC (A2): `[mm:ss.xx]` before each line and `<mm:ss.xx>` before each word and after the last.  UTF-8; times are hundredths of a
second from the start of the audio, rounded; the words are exactly as written.
"""

from collections.abc import Sequence
from importlib.metadata import version

from daiw.files.midi_names import clean_text
from daiw.music.lyrics import TimedLine
from daiw.music.time import TempoMap


def lrc_text(lines: Sequence[TimedLine], tempos: TempoMap, *, title: str = "", length_s: float = 0.0) -> str:
    """The file's text.  length_s: of the song."""
    heads = [f"[ti:{clean_text(title).replace(']', ')')}]"] if clean_text(title) else []
    heads += [f"[length:{_clock(length_s)[:5]}]"] if length_s else []
    heads.append(f"[re:daiw {version('daiw')}]")
    shown = []
    for line in lines:
        words = " ".join(f"<{_clock(tempos.seconds(word.start))}>{word.text}" for word in line.words)
        shown.append(f"[{_clock(tempos.seconds(line.words[0].start))}]{words} <{_clock(tempos.seconds(line.words[-1].end))}>")
    return "\n".join([*heads, *shown]) + "\n"


def _clock(seconds: float) -> str:
    """Minutes, seconds and hundredths.

    >>> _clock(75.256)
    '01:15.26'
    """
    hundredths = round(seconds * 100)
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
