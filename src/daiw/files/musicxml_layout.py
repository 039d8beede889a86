"""Where the measures of a MusicXML score lie in time: their lengths, upbeats, repeats and numbered endings."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from daiw.errors import FileFormatError
from daiw.music.time import TICKS_PER_QUARTER, Meter

MAX_MEASURES = 20_000


def layout(parts: Sequence[ET.Element], where: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Where every measure starts when played, with the end last, and the order of (written measure, tick) that repeats ask for."""
    lengths: list[int] = []
    meter = Meter()
    meters: list[Meter] = []
    for element in parts:
        divisions = 1
        for index, measure in enumerate(element.iterfind("measure")):
            if index >= MAX_MEASURES:
                raise FileFormatError(f"{where}: more than {MAX_MEASURES} measures; split the score")
            divisions = divisions_of(measure, divisions, where)
            if index == len(lengths):
                meter = meter_of(measure.find("attributes/time"), where) or meter
                lengths.append(0)
                meters.append(meter)
            lengths[index] = max(lengths[index], round(_length(measure, where) * TICKS_PER_QUARTER / divisions))
    if not lengths:
        return [0], []
    lengths = [length or meter.bar_ticks for length, meter in zip(lengths, meters, strict=True)]
    order = list(_played_order(parts[0].findall("measure"), where))
    tick = max(0, meters[0].bar_ticks - lengths[0]) if len(lengths) > 1 else 0
    starts, placed = [], []
    for index in order:
        starts.append(tick)
        placed.append((index, tick))
        tick += lengths[index]
    return [*starts, tick], placed


def _played_order(measures: Sequence[ET.Element], where: str) -> Iterator[int]:
    """Indices of measures as played: repeats and numbered endings; jumps (D.C., coda) are not followed."""
    played, index, start, times, ending = 0, 0, 0, 1, ""
    while index < len(measures):
        measure = measures[index]
        for barline in measure.iterfind("barline"):
            if (edge := barline.find("ending")) is not None and edge.get("type") == "start":
                ending = edge.get("number", "")
            repeat = barline.find("repeat")
            if repeat is not None and repeat.get("direction") == "forward" and start != index:
                start, times = index, 1
        if not ending or str(times) in ending.replace(",", " ").split():
            yield index
            played += 1
            if played > MAX_MEASURES:
                raise FileFormatError(f"{where}: repeats play more than {MAX_MEASURES} measures; write them out")
        skipped = bool(ending) and str(times) not in ending.replace(",", " ").split()
        if any(edge.get("type") in ("stop", "discontinue") for edge in measure.iterfind("barline/ending")):
            ending = ""
        index += 1
        back = next((repeat for repeat in measure.iterfind("barline/repeat") if repeat.get("direction") == "backward"), None)
        if back is None or skipped:
            continue
        if times < whole(back.get("times", "2"), where, "times", 1, 64):
            index, times = start, times + 1
        else:
            start, times = index, 1


def _length(measure: ET.Element, where: str) -> int:
    """The furthest point of a measure, in divisions."""
    now = furthest = 0
    for item in measure:
        if item.tag == "forward" or (item.tag == "note" and all(item.find(tag) is None for tag in ("chord", "grace", "cue"))):
            now += duration_of(item, where)
        elif item.tag == "backup":
            now = max(0, now - duration_of(item, where))
        furthest = max(furthest, now)
    return furthest


def divisions_of(measure: ET.Element, current: int, where: str) -> int:
    """Divisions a quarter note from a measure on."""
    text = measure.findtext("attributes/divisions")
    return whole(text, where, "divisions", 1, 1_000_000) if text else current


def meter_of(time: ET.Element | None, where: str) -> Meter | None:
    """The meter of a `time` element, None where it has none; "3+2" over 8 is five eighths."""
    beats, unit = (time.findtext("beats"), time.findtext("beat-type")) if time is not None else (None, None)
    if not beats or not unit:
        return None
    try:
        return Meter(sum(int(part) for part in beats.split("+")), int(unit))
    except ValueError:
        raise FileFormatError(f"{where}: a meter of {beats}/{unit}") from None


def whole(text: str | None, where: str, name: str, low: int, high: int) -> int:
    """A number within bounds, its fraction cut off; raises FileFormatError naming it."""
    try:
        value = int(float(text or ""))
        if not low <= value <= high:
            raise ValueError
    except (ValueError, OverflowError):
        raise FileFormatError(f"{where}: {name} is {text!r}; it should be {low}..{high}") from None
    return value


def duration_of(item: ET.Element, where: str) -> int:
    """An item's duration in divisions, 0 where it has none."""
    text = item.findtext("duration")
    return whole(text, where, "a duration", 0, 100_000_000) if text else 0
