"""A short song made by hand, for all tests of the page."""

from dataclasses import replace

import numpy as np
import pytest

from daiw.music.audio import Audio, Master, Mix, Stem
from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.decision import Decision
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.report.page import ReportData

BAR = 1920


def tone(seconds: float, levels: tuple[float, ...]) -> Audio:
    """A 440 Hz tone whose level changes in equal stretches."""
    frames = round(seconds * 48_000)
    level = np.repeat(levels, -(-frames // len(levels)))[:frames]
    wave = level * np.sin(2 * np.pi * 440 * np.arange(frames) / 48_000)
    return Audio(np.stack([wave, wave]).astype(np.float32))


@pytest.fixture
def page() -> ReportData:
    calm, wild = Emotion(-0.5, -0.4, -0.2, (("sadness", 0.6), ("calm", 0.2))), Emotion(0.4, 0.6)
    decisions = (
        Decision("understand", "valence", "-0.50", "Rain is heard as sad.", "rain", 0.7, ("neutral", "tender")),
        Decision("mix", "room", "1.8 s", "The style's hall.", "decay_s = 1.8"),
    )
    timeline = Timeline(TempoMap((Tempo(0, 120.0),)), ((0, Meter(4, 4)),), ((0, Key.parse("F# minor")),), (), 6 * BAR)
    sections = (
        Section("intro", "I", 0, 2, 0.2, calm, 0.3, ("melody",)),
        Section("verse", "A", 2, 2, 0.5, calm, 0.3, ("melody",)),
        Section("verse", "A", 4, 2, 0.9, wild, 0.3, ("melody",)),
    )
    spans = []
    for bar in range(0, 6, 2):
        names = (("F#m7b5", "iø7"), ("E/G#", "VII6"), ("Dmaj7", "VI7"))
        for start, length, (symbol, roman) in zip((0, 960, 1920), (960, 960, 1920), names, strict=True):
            spans.append(ChordSpan(bar * BAR + start, length, Chord.parse(symbol), roman))
    cues = Cues(90, 0.0, 60, 0.5, 0.2, 80, 0.9, 0, 0, 1.0, 0.5)
    plan = Plan(
        "Rain", Key.parse("F# minor"), Meter(4, 4), timeline, "climb-to-climax", sections, tuple(spans), ("melody",), cues, 7, "lofi"
    )
    tracks = (
        Track("melody", "electric_piano", tuple(Note(i * 240, 200, 60 + i % 12, 30 + i) for i in range(48))),
        Track("drums", "standard_kit", tuple(Note(i * 480, 60, 36 + 2 * (i % 2), 100) for i in range(24)), drums=True),
    )
    sound = tone(12.0, (0.05, 0.15, 0.4))
    stems = (Stem("melody", sound), Stem("reverb", sound))
    return ReportData(
        Intent("slow rain on the roof", calm, decisions=decisions[:1], seed=7),
        plan,
        Arrangement(tracks, timeline),
        Mix(sound, stems),
        Master(sound, {"integrated_lufs": -14.02, "width": 0.314, "balance_air_db": -3.2}),
        decisions,
        ("master.wav", "song.mid", "song.json", "stems/melody.wav", "stems/reverb.wav"),
        {"daiw": "0.1.0"},
        {"TimGM6mb.sf2": "82475b91"},
    )


@pytest.fixture
def hostile(page: ReportData) -> ReportData:
    """The same song with an attack in every text."""
    bad = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x00\ud800"
    section = replace(page.plan.sections[0], name=bad, letter=bad)
    spans = tuple(replace(span, numeral=bad) for span in page.plan.harmony)
    emotion = Emotion(0.1, 0.1, 0.1, ((bad, 0.5),))
    plan = replace(page.plan, title=bad, arc=bad, preset=bad, sections=(section, *page.plan.sections[1:]), harmony=spans)
    decisions = (Decision(bad, bad, bad, bad, bad, 0.5, (bad,)), Decision("mix", bad, bad, bad, "script", 0.5, (bad,)))
    tracks = tuple(replace(track, role=bad + str(i), instrument=bad) for i, track in enumerate(page.arrangement.tracks))
    stem = Stem(bad + "0", page.mix.audio)
    return ReportData(
        Intent(bad, emotion, decisions=decisions), plan, replace(page.arrangement, tracks=tracks), Mix(page.mix.audio, (stem,)),
        Master(page.master.audio, {bad: 1.0, f"balance_{bad}_db": 2.0}), decisions,
        ("master.wav", bad, f"stems/{bad}0.wav", "javascript:alert(1)"), {bad: bad}, {bad: bad},
    )  # fmt: skip
