"""Licensed chord charts as streams: McGill Billboard with its named sections, POP909 and OpenEWLD with theirs where they are known."""

import csv
import re
from itertools import pairwise
from pathlib import Path
from zlib import crc32

from daiw.tokens.grid import METER_UNITS
from daiw.tokens.harmony import METERS, MOST_BARS, Chart, ChartSection
from daiw.tokens.harmony_levels import NO_CHORD, PLACES, Bar, Change
from daiw.tokens.sheet import SECTION_KINDS, Sheet
from daiw.tokens.vocab import CHORD_CLASSES
from daiw.train.corpus import SAME_SONG

HARTE = {
    "maj": "", "min": "m", "7": "7", "maj7": "maj7", "min7": "m7", "sus4": "sus4", "sus2": "sus2", "dim": "dim", "aug": "aug",
    "hdim7": "m7b5", "dim7": "dim7", "minmaj7": "mmaj7", "maj6": "", "min6": "m", "9": "7", "maj9": "maj7", "min9": "m7", "11": "7",
    "min11": "m7", "maj11": "maj7", "13": "7", "maj13": "maj7", "min13": "m7", "5": "", "1": "", "": "",
}  # fmt: skip
"""Harte's shorthands (ISMIR 2005) -> our classes; fifths alone count as major."""

LEAST_BARS = 8
"""A shorter stretch is not worth a chart."""

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SECTION_WORDS = (
    ("pre-intro", "intro"), ("pre", "pre-chorus"), ("intro", "intro"), ("verse", "verse"), ("chorus", "chorus"), ("refrain", "chorus"),
    ("bridge", "bridge"), ("solo", "solo"), ("instrumental", "solo"), ("interlude", "interlude"), ("trans", "interlude"),
    ("outro", "outro"), ("fade", "outro"), ("coda", "outro"), ("ending", "outro"), ("theme", "verse"),
)  # fmt: skip
"""Beginning of an annotator's word -> our kind; the first that fits."""

SHEET_KINDS = {
    "unknown": "other", "intro": "intro", "verse": "verse", "chorus": "chorus", "bridge": "bridge", "later": "other",
    "interlude": "interlude", "outro": "outro",
}  # fmt: skip


def pitch_class(text: str) -> int:
    """C = 0 .. B = 11 of a note name with any accidentals; raises ValueError."""
    if not text or text[0] not in STEPS or set(text[1:]) - {"#", "b"}:
        raise ValueError(f"no such note: {text!r}")
    return (STEPS[text[0]] + text.count("#") - text.count("b")) % 12


def harte_chord(symbol: str, tonic: int) -> int | None:
    """The chord value of a Harte symbol over a tonic; None where its quality is none of ours.

    >>> harte_chord("A:min7/b3", 9) == CHORD_CLASSES.index("m7"), harte_chord("N", 0) == NO_CHORD, harte_chord("X", 0)
    (True, True, None)
    """
    if symbol in ("N", "&pause"):
        return NO_CHORD
    match = re.fullmatch(r"([A-G][#b]*)(?::([a-z0-9]*)(?:\([^)]*\))?)?(?:/.*)?", symbol)
    if match is None or (match[2] or "") not in HARTE:
        return None
    root = (pitch_class(match[1]) - tonic) % 12
    return root * len(CHORD_CLASSES) + CHORD_CLASSES.index(HARTE[match[2] or ""])


def section_kind(word: str) -> str:
    """Our kind for an annotator's word."""
    return next((kind for start, kind in SECTION_WORDS if word.startswith(start)), "other")


def read_bar(symbols: list[str], tonic: int, held: int) -> tuple[Bar, int] | None:
    """The changes of one bar, its symbols dividing it evenly ("." repeats), and the chord held after it; None where unreadable."""
    if not symbols or PLACES % len(symbols):
        return None
    changes: list[Change] = []
    for i, symbol in enumerate(symbols):
        chord = held if symbol == "." else harte_chord(symbol, tonic)
        if chord is None or chord < 0:
            return None
        if chord != held:
            changes.append((i * PLACES // len(symbols), chord))
            held = chord
    return tuple(changes), held


class _Reader:
    """One Billboard file while it is read, line by line; a change of key or meter and an unreadable bar begin another chart."""

    def __init__(self, name: str) -> None:
        self.name, self.charts = name, list[Chart]()
        self.tonic, self.meter, self.held, self.kind = -1, "4/4", -1, "other"
        self.sections: list[tuple[str, list[Bar]]] = []

    def finish(self) -> None:
        """Keep what was read as a chart, if it is long enough."""
        kept = [(kind, bars) for kind, bars in self.sections if bars]
        if self.meter in METERS and sum(len(bars) for _, bars in kept) >= LEAST_BARS:
            self.charts.append(_chart(f"{self.name}.{len(self.charts)}", "billboard", self.meter, kept))
        self.sections, self.held = [], -1

    def comment(self, line: str) -> None:
        """A header line, or a change of key or meter on the way."""
        key, _, value = (part.strip() for part in line[1:].partition(":"))
        if key == "tonic":
            self.finish()
            self.tonic = pitch_class(value) if value[:1] in STEPS else -1
        elif key == "metre":
            self.finish()
            self.meter = value

    def music(self, line: str) -> None:
        """Section words and bars: "A, verse, | C:maj | G:maj |, (voice"."""
        head, bar, rest = line.partition("\t")[2].partition("|")
        for word in (word.strip() for word in head.split(",")):
            if re.fullmatch(r"[a-z][a-z -]+", word) and word not in ("silence", "end"):
                self.kind = section_kind(word)
                self.sections.append((self.kind, []))
        if not bar or self.tonic < 0:
            return
        grid, _, tail = rest.rpartition("|")
        times = re.search(r"x(\d+)", tail)
        for text in grid.split("|") * (int(times[1]) if times else 1):
            self._bar(text)

    def _bar(self, text: str) -> None:
        odd = re.search(r"\(\d+/\d+\)", text)
        found = None if odd else read_bar(text.split(), self.tonic, self.held)
        if found is None:
            self.finish()
            return
        changes, self.held = found
        if not self.sections:
            self.sections.append((self.kind, []))
        self.sections[-1][1].append(changes)


def read_billboard_song(path: Path) -> list[Chart]:
    """The song as one chart for every stretch in one key, meter and readable bars, of at least eight bars."""
    reader = _Reader(f"billboard/{path.parent.name}")
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            reader.comment(line)
        else:
            reader.music(line)
    reader.finish()
    return reader.charts


def _chart(name: str, source: str, meter: str, sections: list[tuple[str, list[Bar]]]) -> Chart:
    """A chart of sections cut to MOST_BARS; the mode is that of the tonic chord heard most."""
    cut = [
        ChartSection(kind, tuple(bars[first : first + MOST_BARS])) for kind, bars in sections for first in range(0, len(bars), MOST_BARS)
    ]
    chart = Chart(name, source, False, meter, tuple(cut))
    thirds = [CHORD_CLASSES[chord % len(CHORD_CLASSES)] for chord in chart.chords() if chord // len(CHORD_CLASSES) == 0]
    minor = sum(third in ("m", "m7", "dim", "m7b5", "mmaj7") for third in thirds)
    return Chart(name, source, minor * 2 > len(thirds), meter, tuple(cut))


def chart_of(sheet: Sheet) -> Chart | None:
    """A lead sheet's chords as a chart; None where it has none or a meter that charts do not know."""
    meter = {"2/4": None, "2/2": None}.get(sheet.meter, sheet.meter)
    if not len(sheet.chords) or meter not in ("4/4", "3/4", "6/8") or sheet.bars < 8:
        return None
    units, tonic = METER_UNITS[sheet.meter], 9 if sheet.minor else 0
    bars: list[list[Change]] = [[] for _ in range(sheet.bars)]
    held = -1
    for start, root, quality in sheet.chords.tolist():
        bar, unit = divmod(start, units)
        chord = (root - tonic) % 12 * len(CHORD_CLASSES) + quality
        place = round(unit * PLACES / units)
        if bar < sheet.bars and place < PLACES and chord != held and not (bars[bar] and bars[bar][-1][0] == place):
            bars[bar].append((place, chord))
            held = chord
    marks = [*(sheet.sections or ((0, 0),)), (sheet.bars, 0)]
    sections = [
        (SHEET_KINDS[SECTION_KINDS[kind]], [tuple(bar) for bar in bars[first:last]])
        for (first, kind), (last, _) in pairwise(marks)
        if last > first
    ]
    cut = [ChartSection(kind, tuple(part[i : i + MOST_BARS])) for kind, part in sections for i in range(0, len(part), MOST_BARS)]
    return Chart(sheet.name, sheet.style, sheet.minor, meter, tuple(cut))


def song_id(chart: Chart, titles: dict[str, str]) -> str:
    """What must not be split: title and artist of Billboard songs, near-duplicates of POP909."""
    source, _, name = chart.name.partition("/")
    name = name.split(".")[0]
    for group in SAME_SONG:
        if source == "pop909" and name in group:
            name = min(group)
    return f"{source}/{titles.get(name, name) if source == 'billboard' else name}"


def held_out(chart: Chart, titles: dict[str, str]) -> bool:
    """One song in ten."""
    return crc32(song_id(chart, titles).encode()) % 10 == 0


def read_billboard(folder: Path, titles: dict[str, str]) -> list[Chart]:
    """Every song of the folder once; `titles` is filled with "title artist" by number."""
    with (folder / "billboard-2.0-index.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            titles[row["id"].zfill(4)] = f"{row['title']} {row['artist']}"
    charts: list[Chart] = []
    seen: set[str] = set()
    for path in sorted((folder / "salami_chords").glob("*/salami_chords.txt")):
        title = titles.get(path.parent.name, path.parent.name)
        if title not in seen or not title.strip():
            seen.add(title)
            charts += read_billboard_song(path)
    return charts


def read_charts(data: Path, sources: frozenset[str]) -> tuple[list[Chart], list[Chart]]:
    """(training, held out) charts of these sources of the data folder."""
    from daiw.train.musicxml import read_openewld
    from daiw.train.pop909 import read_pop909

    titles: dict[str, str] = {}
    charts = read_billboard(data / "mcgill_billboard", titles) if "billboard" in sources else []
    sheets = read_pop909(data / "pop909") if "pop909" in sources else []
    sheets += read_openewld(data / "openewld_us_pd") if "openewld" in sources else []
    for sheet in sheets:
        chart = chart_of(sheet)
        if chart is not None:
            charts.append(chart)
    return [c for c in charts if not held_out(c, titles)], [c for c in charts if held_out(c, titles)]
