"""The clips of a DAWproject on the song: placed, looped, cut and nested, their notes and controllers in ticks.

Times are in beats or seconds, as each element says or inherits; a clip plays its content from playStart, and from loopStart to loopEnd
again and again where these are given (github.com/bitwig/dawproject, Project.xsd 1.0).
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite

from daiw.errors import FileFormatError
from daiw.music.score import Control
from daiw.music.time import TICKS_PER_QUARTER, TempoMap

MAX_NOTES = 500_000
MAX_SEGMENTS = 50_000
MAX_NESTING = 24
MAX_TICK = 2**31 - 1
RAMP_TICKS = TICKS_PER_QUARTER // 2
"""A gliding tempo or controller becomes steps of this length."""

CONTENT = ("Notes", "Lanes", "Clips", "Points", "Warps")
EXPRESSIONS = {"channelController": "cc", "pitchBend": "bend", "channelPressure": "pressure", "programChange": "program"}


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a clip's content on the song.

    unit: of its content.  start, stop: in that unit.  place: the song's time, in that unit, where `start` sounds.
    """

    unit: str = "beats"
    start: float = 0.0
    stop: float = float("inf")
    place: float = 0.0

    def at(self, time: float) -> float:
        """The song's time of a time within the content."""
        return self.place + time - self.start


@dataclass
class Lane:
    """What was found of one track."""

    notes: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)


@dataclass
class ClipReader:
    """A project while it is walked.  where: for errors."""

    where: str
    tempos: TempoMap
    by_id: dict[str, ET.Element]
    lanes: dict[str, Lane] = field(default_factory=dict)
    segments: int = 0
    notes: int = 0

    def tick(self, time: float, unit: str) -> int:
        """Ticks of the song at a time in beats or seconds."""
        if unit == "seconds":
            return min(MAX_TICK, self.tempos.tick(time))
        return min(MAX_TICK, round(time * TICKS_PER_QUARTER))

    def convert(self, time: float, unit: str, wanted: str) -> float:
        """A time of the song in another unit."""
        if unit == wanted or not isfinite(time):
            return time
        tick = self.tick(time, unit)
        return self.tempos.seconds(tick) if wanted == "seconds" else tick / TICKS_PER_QUARTER

    def walk(self, element: ET.Element, track: str, window: Window, depth: int = 0) -> None:
        """Collect the notes and controllers of a timeline element and all within it."""
        if depth > MAX_NESTING:
            raise FileFormatError(f"{self.where}: clips within clips, more than {MAX_NESTING} deep; flatten them in the DAW")
        track = element.get("track", track)
        unit = element.get("timeUnit", window.unit)
        if unit != window.unit and unit in ("beats", "seconds"):
            place, stop = (self.convert(window.at(edge), window.unit, unit) for edge in (window.start, window.stop))
            window = Window(unit, 0.0, stop - place, place)
        if element.tag == "Notes":
            self.read_notes(element, track, window)
        elif element.tag == "Points":
            self.read_points(element, track, window)
        elif element.tag == "Clips":
            for clip in element.iterfind("Clip"):
                self.walk_clip(clip, track, window, depth)
        else:
            for child in element:
                if child.tag in CONTENT:
                    self.walk(child, track, window, depth + 1)

    def walk_clip(self, clip: ET.Element, track: str, window: Window, depth: int) -> None:
        """Lay a clip's content out where the clip lies, as often as it loops there."""
        content = [child for child in clip if child.tag in CONTENT]
        if not content and (other := self.by_id.get(clip.get("reference", ""))) is not None:
            content = [other] if other.tag in CONTENT else [child for child in other if child.tag in CONTENT]
        if not content or clip.get("enable", "true") == "false":
            return
        unit = clip.get("contentTimeUnit", window.unit)
        begin = self.number(clip, "time", 0.0)
        if not window.start <= begin < window.stop:
            return
        length = self.number(clip, "duration", float("inf"))
        end = min(begin + length, window.stop)
        place, stop = (self.convert(window.at(edge), window.unit, unit) for edge in (begin, end))
        for segment in self.segments_of(clip, unit, place, stop):
            for child in content:
                self.walk(child, track, segment, depth + 1)

    def segments_of(self, clip: ET.Element, unit: str, place: float, stop: float) -> Iterator[Window]:
        """The stretches of content that a clip plays between two times of the song."""
        start = self.number(clip, "playStart", 0.0)
        loop_start, loop_end = self.number(clip, "loopStart", 0.0), self.number(clip, "loopEnd", 0.0)
        until = loop_end if loop_end > max(loop_start, start) else self.number(clip, "playStop", float("inf"))
        while place < stop:
            self.segments += 1
            if self.segments > MAX_SEGMENTS:
                raise FileFormatError(f"{self.where}: clips loop more than {MAX_SEGMENTS} times; bounce them in the DAW")
            span = min(until - start, stop - place)
            yield Window(unit, start, start + span, place)
            if loop_end <= loop_start or not isfinite(span):
                return
            place, start, until = place + span, loop_start, loop_end

    def read_notes(self, element: ET.Element, track: str, window: Window) -> None:
        """Notes that begin within the window, cut at its end."""
        lane = self.lanes.setdefault(track, Lane())
        for note in element.iterfind("Note"):
            time, length = self.number(note, "time"), self.number(note, "duration")
            key, channel = self.whole(note, "key", 0, 127), self.whole(note, "channel", 0, 15)
            if not window.start <= time < window.stop:
                continue
            self.notes += 1
            if self.notes > MAX_NOTES:
                raise FileFormatError(f"{self.where}: more than {MAX_NOTES} notes; split the project")
            start = self.tick(window.at(time), window.unit)
            end = self.tick(window.at(min(time + max(0.0, length), window.stop)), window.unit)
            velocity = min(127, max(1, round(127 * self.number(note, "vel", 0.8))))
            if start >= 0:
                lane.notes.append((start, max(1, end - start), key, velocity, channel))

    def read_points(self, element: ET.Element, track: str, window: Window) -> None:
        """A controller's points."""
        target = element.find("Target")
        kind = EXPRESSIONS.get(target.get("expression", "")) if target is not None else None
        if target is None or kind is None:
            return
        number = self.whole(target, "controller", 0, 127, 0) if kind == "cc" else 0
        lane = self.lanes.setdefault(track, Lane())
        points = [
            (self.tick(window.at(time), window.unit), value, glide)
            for time, value, glide in self.points(element, "value")
            if window.start <= time < window.stop
        ]
        last: tuple[int, int] | None = None
        for tick, value in steps(points):
            scaled = round(16384 * value) - 8192 if kind == "bend" else round(127 * value)
            scaled = min(8191, max(-8192, scaled)) if kind == "bend" else min(127, max(0, scaled))
            if tick >= 0 and (tick, scaled) != last:
                lane.controls.append(Control(tick, kind, number, scaled))
                last = tick, scaled

    def points(self, element: ET.Element, name: str) -> Iterator[tuple[float, float, bool]]:
        """(time, value, whether it glides to the next) of real points."""
        for point in element:
            if point.tag in ("RealPoint", "IntegerPoint"):
                yield self.number(point, "time"), self.number(point, name), point.get("interpolation") == "linear"

    def number(self, element: ET.Element, name: str, default: float | None = None) -> float:
        """An attribute as a finite number; raises FileFormatError where it is none, or missing without a default."""
        text = element.get(name)
        if text is None and default is not None:
            return default
        try:
            value = float(text or "")
            if not isfinite(value) or abs(value) > 1e9:
                raise ValueError
        except ValueError:
            raise FileFormatError(f"{self.where}: a {element.tag} has the {name} {text!r}, which is no number") from None
        return value

    def whole(self, element: ET.Element, name: str, low: int, high: int, default: int | None = None) -> int:
        """An attribute as a whole number within bounds."""
        value = self.number(element, name, default)
        if value != int(value) or not low <= value <= high:
            raise FileFormatError(f"{self.where}: a {element.tag} has the {name} {element.get(name)!r}; it should be {low}..{high}")
        return int(value)


def steps(points: Iterable[tuple[int, float, bool]]) -> Iterator[tuple[int, float]]:
    """Points of (tick, value, glides) as steps: a glide becomes steps of RAMP_TICKS with its value in their middle."""
    ordered = sorted(points, key=lambda point: point[0])
    for (tick, value, glides), (until, target, _) in pairwise(ordered):
        if not glides or until <= tick or target == value:
            yield tick, value
            continue
        for start in range(tick, until, RAMP_TICKS):
            middle = (start + min(until, start + RAMP_TICKS)) / 2
            yield start, value + (target - value) * (middle - tick) / (until - tick)
    if ordered:
        yield ordered[-1][0], ordered[-1][1]
