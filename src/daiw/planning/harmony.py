"""Harmony: a progression for every letter, joined by cadences, brought home (or not) and laid out in time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key, PitchClass
from daiw.music.plan import ChordSpan
from daiw.music.roman import chord_of, take_apart
from daiw.music.styles.plan import PlanStyle, read_progression
from daiw.music.time import Meter
from daiw.planning.chance import generator
from daiw.planning.colour import Appetite, Bar, Bars, borrowed, extended, suspended, walking, with_secondary
from daiw.planning.emotion import WEIGHTS, cues_of
from daiw.planning.form import Block
from daiw.planning.grammar import HOME, draw, invent

KIN = {
    "intro": ("verse", "chorus", "drop"), "pre-chorus": (), "chorus": (), "bridge": (), "breakdown": ("chorus", "drop", "verse"),
    "build": (), "drop": ("chorus",), "solo": ("verse", "chorus"), "outro": ("chorus", "drop", "verse"), "verse": (),
}  # fmt: skip
"""Section -> whose harmony it shares, if that section is in the song, where the style gives it no progressions of its own."""

LENDERS = {"drop": "chorus", "chorus": "drop", "build": "pre-chorus", "pre-chorus": "build"}
"""Section -> whose vocabulary it may draw from (a new draw, not the same harmony)."""

APPROACHES: dict[str, dict[str, float]] = {
    "major": {"V": 4, "ii V": 3, "IV V": 3, "Vsus4 V": 2},
    "minor": {"V": 4, "iv V": 3, "VII": 2, "iiø7 V": 1.5, "Vsus4 V": 1},
    "dorian": {"VII": 3, "IV": 2, "v": 2},
    "mixolydian": {"VII": 4, "VII IV": 2, "v": 1},
    "lydian": {"II": 3, "V": 2, "vii": 1},
    "phrygian": {"II": 5, "vii": 1},
    "locrian": {"II": 3, "vii": 1},
}
"""Mode -> last bars that lead into a section that opens on the tonic: half cadences."""

TENSER = 1.2
"""How fast the wish for tension rises with the cue of dissonance above that of a neutral feeling."""


def appetite(style: PlanStyle, emotion: Emotion, cues: Cues) -> Appetite:
    """The style's harmonic appetite, sharpened by the feeling: tension asks for more colour, mixed valence for borrowed chords."""
    tension = 0.6 + 1.2 * cues.dissonance
    mixed = 1.6 - abs(emotion.valence)
    return Appetite(
        style.sevenths,
        style.ninths,
        min(1.0, style.suspensions * tension),
        min(1.0, style.secondary * tension),
        min(1.0, style.borrowed * tension * mixed),
        style.slash,
        emotion.valence,
        emotion.arousal,
        min(1.0, max(0.0, 0.5 + TENSER * (cues.dissonance - WEIGHTS["dissonance"].base))),
    )


def section_appetites(
    blocks: Sequence[Block], feelings: Sequence[Emotion], style: PlanStyle, emotion: Emotion, cues: Cues
) -> dict[str, Appetite]:
    """Section name -> the appetite for its own feeling, the mean over its returns, since these have the same chords.

    feelings: of each block.  emotion, cues: the song's; a section is as much tenser than the song as its feeling is.
    """
    result = {}
    for name in dict.fromkeys(block.name for block in blocks):
        mine = [(block.bars, feeling) for block, feeling in zip(blocks, feelings, strict=True) if block.name == name]
        bars = sum(length for length, _ in mine)
        valence, arousal, dominance = (
            sum(length * getattr(feeling, side) for length, feeling in mine) / bars for side in ("valence", "arousal", "dominance")
        )
        own = Emotion(valence, arousal, dominance)
        tenser = cues_of(own).dissonance - cues_of(emotion).dissonance
        result[name] = appetite(style, own, replace(cues, dissonance=min(1.0, max(0.0, cues.dissonance + tenser))))
    return result


def source_of(name: str, present: Sequence[str], style: PlanStyle, mode: str) -> str:
    """The section whose harmony `name` shares: itself, or its kin where the style has no progressions of its own for it."""
    if style.progressions.get(mode, {}).get(name):
        return name
    return next((kin for kin in KIN[name] if kin in present), name)


def vocabulary(style: PlanStyle, mode: str, section: str) -> tuple[str, ...]:
    """The style's progressions for a section in a mode, or those of the section it may borrow from; empty where it has none."""
    table = style.progressions.get(mode, {})
    return table.get(section) or table.get(LENDERS.get(section, ""), ())


def stretched(bars: Bars, factor: float) -> Bars:
    """Written bars at the style's harmonic rhythm: each lasts `factor` bars (a factor of .5 puts two in one)."""
    if factor == 0.5:
        padded = bars if len(bars) % 2 == 0 else (*bars, bars[-1])
        return tuple(first + second for first, second in zip(padded[::2], padded[1::2], strict=True))
    return tuple(bar for bar in bars for _ in range(int(factor)))


TAILS: dict[str, tuple[tuple[str, str], ...]] = {
    "major": (("ii", "V"), ("IV", "V"), ("vi", "IV"), ("ii", "IV")),
    "minor": (("VI", "VII"), ("iv", "V"), ("VI", "v"), ("III", "VII")),
    "dorian": (("VII", "IV"), ("III", "IV"), ("ii", "VII")),
    "mixolydian": (("VII", "IV"), ("v", "IV"), ("ii", "VII")),
    "lydian": (("vi", "II"), ("iii", "II")),
    "phrygian": (("VI", "II"), ("iv", "II"), ("vii", "II")),
    "locrian": (("VI", "II"), ("iii", "II")),
}
"""Mode -> two bars that end an eight-bar phrase whose loop is only two bars long."""


def loop_of(section: str, mode: str, style: PlanStyle, taste: Appetite, rng: np.random.Generator) -> Bars:
    """One section's loop: taken from the style or made by the grammar, then coloured and stretched.

    A loop of two bars mostly turns somewhere else in the seventh and eighth.
    """
    choices = vocabulary(style, mode, section)
    if not choices or rng.random() < style.invention:
        bars = invent(mode, section, rng)
    else:
        bars = read_progression(choices[int(rng.integers(len(choices)))])
    if len(bars) == 2 and rng.random() < 0.7:
        tail = TAILS[mode][int(rng.integers(len(TAILS[mode])))]
        bars = (*bars * 3, (tail[0],), (tail[1],))
    bars = borrowed(bars, mode, taste, rng)
    bars = with_secondary(bars, mode, taste, rng)
    bars = suspended(bars, taste, rng)
    bars = walking(bars, mode, taste, rng)
    return stretched(extended(bars, mode, taste, rng), style.bars_per_written_bar)


def reveal(blocks: Sequence[Block], arc: str) -> str | None:
    """The section in which a slow reveal shows its borrowed chord: the last kind to appear for the first time, outro aside."""
    if arc != "slow-reveal":
        return None
    names = list(dict.fromkeys(block.name for block in blocks if block.name not in ("intro", "outro")))
    return names[-1] if len(names) > 1 else None


def opening(bars: Bars) -> tuple[str, ...]:
    """The first two different chords, by which a section is recognised."""
    flat = [take_apart(numeral)[0] for bar in bars for numeral in bar]
    return tuple(dict.fromkeys(flat))[:2]


def loops(blocks: Sequence[Block], mode: str, style: PlanStyle, taste: Appetite, *, arc: str, seed: int) -> Mapping[str, Bars]:
    """Section name -> its loop.  Each draws from its own generator; a section redraws when it would open like an earlier one.

    In a slow reveal the revealing section surely borrows a chord where it can.
    """
    revealing = reveal(blocks, arc)
    names = list(dict.fromkeys(block.name for block in blocks))
    made: dict[str, Bars] = {}
    for name in sorted(names, key=lambda name: source_of(name, names, style, mode) != name):
        source = source_of(name, names, style, mode)
        if source != name:
            made[name] = made[source]
            continue
        rng = generator(seed, f"harmony {name}")
        for _ in range(8):
            made[name] = loop_of(name, mode, style, replace(taste, borrowed=1.0) if name == revealing else taste, rng)
            if opening(made[name]) not in [opening(bars) for other, bars in made.items() if other != name]:
                break
    return made


def tonic_first(bars: Bars, mode: str) -> bool:
    """True where the music opens on the tonic."""
    return take_apart(bars[0][0])[0] == HOME[mode].rstrip("o")


def phrased(name: str, loop: Bars, length: int, mode: str, style: PlanStyle, seed: int) -> list[Bar]:
    """The loop repeated to `length` bars; long sections of a style that cadences are built as periods.

    Where an eight-bar loop ends on the dominant, bar 16 closes on the tonic (question and answer); where a shorter one closes its
    circle, bar 8 is opened by a half cadence.
    """
    bars = [loop[i % len(loop)] for i in range(length)]
    rng = generator(seed, f"period {name}")
    if length < 16 or len(loop) > 8 or rng.random() >= style.cadences or not tonic_first(loop, mode):
        return bars
    approach = tuple(draw(APPROACHES[mode], rng).split())
    if len(loop) == 8 and _dominant(loop[-1][-1], mode):
        for end in range(16, length + 1, 16):
            bars[end - 1] = (HOME[mode],)
            if not _dominant(bars[end - 2][-1], mode):
                bars[end - 2] = approach
    elif len(loop) <= 4 and not _dominant(loop[-1][-1], mode):
        for end in range(8, length, 16):
            bars[end - 1] = approach
    return bars


def joined(blocks: Sequence[Block], made: Mapping[str, Bars], mode: str, style: PlanStyle, taste: Appetite, seed: int) -> list[Bars]:
    """Every section's bars: the loop repeated, with the last bar turned towards the section that follows where the style cadences.

    The turn is drawn once per pair of names, so that returns are the same music.
    """
    result = []
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        bars = phrased(block.name, made[block.name], block.bars, mode, style, seed)
        if following is not None and block.bars >= 4:
            rng = generator(seed, f"turn {block.name} {following.name}")
            owed = _unpaid(bars[-1][-1], made[following.name][0][0], mode)
            builds = block.name in ("pre-chorus", "build")
            open_end = take_apart(bars[-1][-1])[0] in (HOME[mode], "vi", "VI", "III", "iii")
            wants = rng.random() < style.cadences and open_end
            if owed or (builds and not _dominant(bars[-1][-1], mode)) or (wants and tonic_first(made[following.name], mode)):
                approach = tuple(draw(APPROACHES[mode], rng, avoid=bars[-2][-1]).split())
                bars[-1] = extended((approach,), mode, replace(taste, ninths=0.0), rng)[0]
        result.append(tuple(bars))
    return result


def _unpaid(numeral: str, following: str, mode: str) -> bool:
    """True where an applied chord ("V7/ii") is not followed by the chord it announces."""
    _, _, tail = take_apart(numeral)
    if not tail or tail[-1].isdigit():
        return False
    key = Key(PitchClass("C"), mode)
    return chord_of(tail[1:], key).root != chord_of(following, key).root


def _dominant(numeral: str, mode: str) -> bool:
    """True where a chord leads home in its mode."""
    head, _, tail = take_apart(numeral)
    return not tail and head in {choice.split()[-1] for choice in APPROACHES[mode]}


def spans(bars: Bars, key: Key, meter: Meter) -> tuple[ChordSpan, ...]:
    """Bars of numerals laid out in ticks from 0; no chord crosses a bar line, and the chords of a bar share its beats."""
    result: list[ChordSpan] = []
    for index, bar in enumerate(bars):
        start = index * meter.bar_ticks
        for place, numeral in enumerate(bar):
            begin, end = (_boundary(place + step, len(bar), meter) for step in (0, 1))
            result.append(ChordSpan(start + begin, end - begin, chord_of(numeral, key), numeral))
    return tuple(result)


def _boundary(place: int, chords: int, meter: Meter) -> int:
    """The tick in a bar where chord number `place` of `chords` starts: on a beat where there are beats enough."""
    if chords <= meter.beats:
        return -(-place * meter.beats // chords) * meter.beat_ticks
    return place * meter.bar_ticks // chords
