"""Intent to plan: key, tempo, form, energy and harmony; a pure function of the intent, its seed and the style."""

from zlib import crc32

import numpy as np

from daiw.errors import PromptError
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent
from daiw.music.pitch import MODE_FIFTHS, Key, PitchClass
from daiw.music.plan import Plan, Section
from daiw.music.score import Timeline
from daiw.music.styles.plan import PlanStyle, read_form
from daiw.music.time import MAX_BPM, MIN_BPM, Meter, Tempo, TempoMap
from daiw.planning.arcs import affinity
from daiw.planning.emotion import MODE_BRIGHTNESS, cues_of
from daiw.planning.form import DENSITY_SHIFT, Block, energies, fit, letters, roles_in
from daiw.planning.harmony import Bar, section_bars, spans


def plan(intent: Intent, style: PlanStyle, *, preset: str) -> Plan:
    """Lay the song out: everything the composer must obey.  Raises PromptError for wishes no song can meet."""
    cues = cues_of(intent.emotion)
    meter = _meter(intent, style)
    bpm = _bpm(intent, style, cues)
    key = _key(intent, style, cues)
    arc = max(sorted(_arc_scores(intent.emotion, style).items()), key=lambda item: item[1])[0]
    blocks = _form(intent, style, bpm, meter)
    roles = tuple(role for role in ("melody", "chords", "bass", "drums", "pad", "counter") if role in style.roles)
    roles = tuple(role for role in roles if role not in intent.wishes.without_instruments)
    names = [block.name for block in blocks]
    sections, bars = [], list[Bar]()
    for block, letter, energy in zip(blocks, letters(names), energies(blocks, arc, intent.emotion.arousal), strict=True):
        rng = generator(intent.seed, f"harmony {letter}")
        start = len(bars)
        bars += section_bars(style, key.mode, block.name, block.bars, rng)
        playing = roles_in(block.name, energy, roles, style.entries)
        density = min(1.0, max(0.0, cues.density + DENSITY_SHIFT[block.name]))
        sections.append(Section(block.name, letter, start, block.bars, energy, intent.emotion, density, playing))
    ticks = meter.bar_ticks
    timeline = Timeline(
        TempoMap((Tempo(0, bpm),)), ((0, meter),), ((0, key),), tuple((s.start_bar * ticks, s.name) for s in sections), len(bars) * ticks
    )
    return Plan(
        intent.prompt[:60], key, meter, timeline, arc, tuple(sections), spans(tuple(bars), key, meter), roles, cues, intent.seed, preset,
        (), intent.wishes.with_instruments, intent.wishes.without_instruments,
    )  # fmt: skip


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that one choice never moves another."""
    return np.random.default_rng([seed, crc32(purpose.encode())])


def _meter(intent: Intent, style: PlanStyle) -> Meter:
    if intent.wishes.meter is not None:
        return intent.wishes.meter
    names = list(style.meters)
    weights = np.array([style.meters[name] for name in names])
    name = names[int(generator(intent.seed, "meter").choice(len(names), p=weights / weights.sum()))]
    numerator, denominator = name.split("/")
    return Meter(int(numerator), int(denominator))


def _bpm(intent: Intent, style: PlanStyle, cues: Cues) -> float:
    wished = intent.wishes.bpm
    if wished is not None:
        if not MIN_BPM <= wished <= MAX_BPM:
            raise PromptError(f"{wished:g} bpm is outside {MIN_BPM:g}..{MAX_BPM:g}; ask for a tempo in that range")
        return wished
    low, high = style.bpm
    return float(round(min(high, max(low, 0.5 * cues.bpm + 0.5 * (low + high) / 2))))


def _key(intent: Intent, style: PlanStyle, cues: Cues) -> Key:
    wishes = intent.wishes
    if wishes.key is not None:
        return wishes.key
    mode = wishes.mode or max(style.modes, key=lambda name: style.modes[name] * np.exp(-((MODE_BRIGHTNESS[name] - cues.brightness) ** 2)))
    numbers = [PitchClass.parse(name).number for name in style.tonics] or list(range(12))
    number = numbers[int(generator(intent.seed, "tonic").integers(len(numbers)))]
    spellings = [PitchClass.from_fifths(fifths) for fifths in range(-8, 12) if fifths * 7 % 12 == number]
    return Key(min(spellings, key=lambda tonic: (abs(tonic.fifths - MODE_FIFTHS[mode]), tonic.fifths)), mode)


def _arc_scores(emotion: Emotion, style: PlanStyle) -> dict[str, float]:
    from daiw.music.styles.plan import ARCS

    return {arc: affinity(arc, emotion) + style.arcs.get(arc, 0.0) for arc in ARCS}


def _form(intent: Intent, style: PlanStyle, bpm: float, meter: Meter) -> tuple[Block, ...]:
    wishes = intent.wishes
    bar_s = meter.bar_ticks / 480 * 60 / bpm
    bars = wishes.bars
    if bars is None and wishes.minutes is not None:
        bars = max(1, round(wishes.minutes * 60 / bar_s))
    if bars is not None and not 1 <= bars <= 2000:
        raise PromptError(f"{bars} bars cannot be a song; ask for 1..2000")
    form = read_form(style.forms[int(generator(intent.seed, "form").integers(len(style.forms)))])
    if bars is None:
        bars = max(1, 4 * round(style.minutes * 60 / bar_s / 4))
    return fit(form, bars)
