"""The song over one axis of seconds: form, notes, loudness and spectrum, each a lane as wide as the song."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf, log

import numpy as np
from numpy.typing import NDArray

from daiw.measure.loudness import HOPS_PER_S, arc_correlation, gated_lufs, k_power, lufs, window_lufs
from daiw.music.audio import Audio
from daiw.music.mixing import RIDE_LU_PER_ENERGY
from daiw.music.plan import Plan
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.report.markup import Html, el, join
from daiw.report.picture import HIGH_HZ, LOW_HZ, spectrogram_png

WIDTH = 4000
"""Units of every lane's viewBox from the first second to the last."""
ROW = 6
DRUM_ROW = 9
LOUDNESS_SPAN_LU = 36.0
MARKED_HZ = {50: "50", 100: "100", 200: "200", 500: "500", 1000: "1k", 2000: "2k", 5000: "5k", 10000: "10k"}
VELOCITY_STEPS = (48, 80, 128)
LOUDNESS_NOTE = (
    "In the loudness lane, the filled curve is short-term loudness in LUFS, the thin one momentary; "
    "the dashed line is where the planned energy of each section would have it, about the song's own loudness. "
)


@dataclass(frozen=True, slots=True)
class Axis:
    """Seconds to units.  duration_s: what the lanes span."""

    timeline: Timeline
    duration_s: float

    def x(self, ticks: Sequence[int]) -> NDArray[np.float64]:
        """Units of each tick."""
        return WIDTH * self.timeline.tempos.seconds_of(np.asarray(ticks, np.int64)) / self.duration_s

    def percent(self, tick: int) -> float:
        """Percent of the width."""
        return min(100.0, 100 * self.timeline.tempos.seconds(tick) / self.duration_s)


def lanes(plan: Plan, arrangement: Arrangement, master: Audio, colours: Mapping[str, int]) -> Html:
    """All lanes with a playhead that the script moves, and how well the loudness follows the planned energy."""
    axis = Axis(arrangement.timeline, max(master.duration_s, arrangement.timeline.tempos.seconds(arrangement.timeline.end), 0.1))
    pitched = [track for track in arrangement.tracks if not track.drums and track.notes]
    kits = [track for track in arrangement.tracks if track.drums and track.notes]
    grid, power = _bar_lines(plan, axis), k_power(master)
    shown = [_lane("Form", _form(plan, axis), kind="form")]
    if pitched:
        shown.append(_lane("Notes", *_roll(pitched, axis, grid, colours), kind="roll"))
    if kits:
        shown.append(_lane("Drums", *_drums(kits, axis, grid, colours), kind="drums"))
    shown.append(_lane("Loudness", *_loudness(plan, power, axis), kind="loudness"))
    shown.append(_lane("Spectrum", *_spectrum(master, axis), kind="spectrum"))
    playhead = el("div", el("div", id="playhead", aria_hidden="true"), class_="heads")
    fit = f"The sections follow the plan with r\u00a0=\u00a0{arc_fit(plan, power):.2f}.".replace("-", "−")
    about = "The song over time; scroll sideways when zoomed"
    within = el("div", *shown, playhead, class_="lanes", data_seconds=f"{axis.duration_s:.3f}")
    return join(
        el("div", within, class_="scroll", tabindex="0", role="region", aria_label=about),
        el("p", LOUDNESS_NOTE, el("strong", fit), class_="note"),
    )


def arc_fit(plan: Plan, power: NDArray[np.float64]) -> float:
    """Correlation of the sections' loudness with their planned energy, -1..1.  power: `k_power` of the master."""
    starts = [section.start_bar * plan.meter.bar_ticks for section in plan.sections] + [plan.timeline.end]
    edges = [round(plan.timeline.tempos.seconds(tick) * HOPS_PER_S) for tick in starts]
    heard = tuple(lufs(float(power[a:b].mean())) if len(power[a:b]) else -inf for a, b in pairwise(edges))
    return arc_correlation(heard, tuple(section.energy for section in plan.sections))


def _lane(name: str, content: Html, *marks: Html, kind: str) -> Html:
    """Name and marks stay in the gutter when the field is scrolled."""
    return el("div", el("div", name, *marks, class_="name"), el("div", content, class_="field"), class_=f"lane {kind}")


def _form(plan: Plan, axis: Axis) -> Html:
    blocks = []
    for section in plan.sections:
        start, end = (axis.percent(bar * plan.meter.bar_ticks) for bar in (section.start_bar, section.start_bar + section.bars))
        about = f"{section.name} {section.letter}: {section.bars} bars, energy {section.energy:.0%}"
        style = f"left:{start:.3f}%;width:{end - start:.3f}%;--e:{min(1.0, max(0.0, section.energy)):.2f}"
        blocks.append(el("div", el("span", section.name), class_="block", style=style, title=about))
    return join(*blocks)


def _bar_lines(plan: Plan, axis: Axis) -> tuple[str, str]:
    """Path data of thin lines at bars and strong ones at sections, to be drawn from y 0 to 1."""
    bars = axis.x([bar * plan.meter.bar_ticks for bar in range(plan.bars + 1)])
    strong = {section.start_bar for section in plan.sections}
    thin = "".join(f"M{x:.1f} 0V1" for bar, x in enumerate(bars) if bar not in strong)
    return thin, "".join(f"M{bars[bar]:.1f} 0V1" for bar in sorted(strong))


def _svg(height: float, *content: str, label: str) -> Html:
    return el("svg", *content, viewBox=f"0 0 {WIDTH} {height:g}", preserveAspectRatio="none", role="img", aria_label=label)


def _grid(lines: tuple[str, str], height: float) -> Html:
    thin, strong = (
        el("path", d=data, class_=kind, transform=f"scale(1 {height:g})") for data, kind in zip(lines, ("bar", "part"), strict=True)
    )
    return join(thin, strong)


def _roll(tracks: Iterable[Track], axis: Axis, lines: tuple[str, str], colours: Mapping[str, int]) -> tuple[Html, ...]:
    tracks = sorted(tracks, key=_depth)
    pitches = [note.pitch for track in tracks for note in track.notes]
    low, high = min(pitches) - 2, max(pitches) + 2
    height = (high - low + 1) * ROW
    octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0]
    rules = "".join(f"M0 {(high - pitch + 1) * ROW}H{WIDTH}" for pitch in octaves)
    drawn = [_strokes(track, axis, {pitch: (high - pitch + 0.5) * ROW for pitch in range(low, high + 1)}, ROW, colours) for track in tracks]
    count = sum(len(track.notes) for track in tracks)
    label = f"Piano roll of {count} notes: {', '.join(track.role for track in tracks)}"
    marks = [_mark(100 * ((high - pitch + 0.5) * ROW) / height, f"C{pitch // 12 - 1}") for pitch in octaves]
    return _svg(height, _grid(lines, height), el("path", d=rules, class_="bar"), *drawn, label=label), *marks


def _depth(track: Track) -> tuple[bool, float]:
    """Long notes are drawn first and the melody last, so that pads do not hide it."""
    return track.role == "melody", -sum(note.duration for note in track.notes) / len(track.notes)


def _drums(tracks: Iterable[Track], axis: Axis, lines: tuple[str, str], colours: Mapping[str, int]) -> tuple[Html, ...]:
    tracks = list(tracks)
    used = sorted({note.pitch for track in tracks for note in track.notes}, reverse=True)
    height = len(used) * DRUM_ROW
    rows = {pitch: (row + 0.5) * DRUM_ROW for row, pitch in enumerate(used)}
    drawn = [_strokes(track, axis, rows, DRUM_ROW, colours) for track in tracks]
    label = f"{sum(len(track.notes) for track in tracks)} strokes on {len(used)} drums, low ones at the bottom"
    return (_svg(height, _grid(lines, height), *drawn, label=label),)


def _strokes(track: Track, axis: Axis, rows: Mapping[int, float], row: float, colours: Mapping[str, int]) -> Html:
    """One path for each loudness of notes; the notes are horizontal strokes."""
    starts, ends = axis.x([note.start for note in track.notes]), axis.x([note.end for note in track.notes])
    if track.drums:
        ends = np.minimum(ends, starts + 7)
    lengths = np.maximum(ends - starts - 0.8, 2.2)
    data: list[list[str]] = [[] for _ in VELOCITY_STEPS]
    for note, x, length in zip(track.notes, starts, lengths, strict=True):
        data[_loudness_step(note)].append(f"M{x:.1f} {rows[note.pitch]:g}h{length:.1f}")
    paths = [el("path", d="".join(strokes), class_=f"v{step}") for step, strokes in enumerate(data) if strokes]
    return el("g", *paths, class_=f"notes c{colours[track.role]}", data_role=track.role, stroke_width=f"{row * 0.78:g}")


def _loudness_step(note: Note) -> int:
    return next(step for step, limit in enumerate(VELOCITY_STEPS) if note.velocity < limit)


def _mark(percent: float, text: str) -> Html:
    return el("span", text, class_="mark", style=f"top:{percent:.2f}%")


def _loudness(plan: Plan, power: NDArray[np.float64], axis: Axis) -> tuple[Html, ...]:
    short, momentary = window_lufs(power, 30), window_lufs(power, 4)
    top = 6 * ceil((max(-60.0, float(momentary.max(initial=-60.0))) + 1) / 6)
    bottom = top - LOUDNESS_SPAN_LU
    curves = [_curve(values, offset_s, axis, bottom) for values, offset_s in ((short, 1.5), (momentary, 0.2))]
    first, last = WIDTH * 1.5 / axis.duration_s, WIDTH * (1.5 + 0.1 * max(0, len(short) - 1)) / axis.duration_s
    area = el("path", d=f"{curves[0]}L{last:.1f} 100L{first:.1f} 100Z", class_="area")
    shown = (
        area,
        el("path", d=curves[1], class_="momentary"),
        el("path", d=curves[0], class_="short"),
        el("path", d=_arc(plan, axis, gated_lufs(power), bottom), class_="arc"),
    )
    label = "Loudness over time, short-term and momentary, with the loudness that each section was planned to have as a dashed line"
    marks = [
        _mark(100 * (top - level) / LOUDNESS_SPAN_LU, f"−{-level}" if level < 0 else str(level))
        for level in range(top - 6, int(bottom), -6)
    ]
    return _svg(100, *shown, label=label), *marks


def _curve(values: NDArray[np.float64], offset_s: float, axis: Axis, bottom: float) -> str:
    """Path data in a field 100 high; at most two values a unit of the screen are kept."""
    step = max(1, len(values) // 1500)
    kept = np.clip((values[::step] - bottom) / LOUDNESS_SPAN_LU, 0, 1)
    x = WIDTH * (offset_s + 0.1 * step * np.arange(len(kept))) / axis.duration_s
    return "M" + "L".join(f"{a:.1f} {100 - 100 * b:.1f}" for a, b in zip(x, kept, strict=True)) if len(kept) else "M0 100"


def _arc(plan: Plan, axis: Axis, loudness_lufs: float, bottom: float) -> str:
    """Path data of the planned sections: `RIDE_LU_PER_ENERGY` for a unit of energy above or below the song's mean."""
    mean = sum(section.energy * section.bars for section in plan.sections) / max(1, plan.bars)
    data: list[str] = []
    for section in plan.sections:
        start, end = axis.x([bar * plan.meter.bar_ticks for bar in (section.start_bar, section.start_bar + section.bars)])
        level = max(-70.0, loudness_lufs) + RIDE_LU_PER_ENERGY * (section.energy - mean)
        y = 100 - 100 * min(1.0, max(0.0, (level - bottom) / LOUDNESS_SPAN_LU))
        data.append(f"{'L' if data else 'M'}{start:.1f} {y:.1f}H{end:.1f}")
    return "".join(data) or "M0 100"


def _spectrum(master: Audio, axis: Axis) -> tuple[Html, ...]:
    source = "data:image/png;base64," + b64encode(spectrogram_png(master)).decode()
    width = 100 * master.duration_s / axis.duration_s
    picture = el("img", src=source, alt="Spectrogram of the master, low frequencies at the bottom", style=f"width:{width:.3f}%")
    marks = [_mark(100 * (1 - log(hz / LOW_HZ) / log(HIGH_HZ / LOW_HZ)), name) for hz, name in MARKED_HZ.items()]
    return picture, *marks
