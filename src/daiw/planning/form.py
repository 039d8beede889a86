"""Form: a style's section list fitted to an exact number of bars, with letters, energy, feeling and roles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from daiw.music.emotion import Emotion
from daiw.planning.arcs import CURVES


@dataclass(frozen=True, slots=True)
class Block:
    """A section before it has a place: name and bars."""

    name: str
    bars: int


PEAKS = ("chorus", "drop")

EPISODES = ("solo", "breakdown", "bridge")
"""What a shorter song spares before it gives up a round of verse and chorus."""

DROP_ORDER = (*EPISODES, "intro", "outro", "build", "pre-chorus", "verse", "chorus", "drop")
"""What a song of one round can spare, first to last."""

GROW_ORDER = ("chorus", "drop", "verse", "solo", "bridge", "outro", "breakdown", "intro", "build", "pre-chorus")
"""Where four bars more go, first to last."""

SHRINK_ORDER = ("outro", "intro", "solo", "bridge", "breakdown", "verse", "build", "pre-chorus", "drop", "chorus")
"""Where bars are taken, first to last."""

SECTION_ENERGY = {
    "intro": 0.3, "verse": 0.5, "pre-chorus": 0.65, "chorus": 0.9, "bridge": 0.55, "breakdown": 0.25, "build": 0.65, "drop": 1.0,
    "solo": 0.7, "outro": 0.25,
}  # fmt: skip
"""How energetic each kind of section is beside the others, 0..1; .55 is neutral."""

CHARTED_ENERGY = SECTION_ENERGY | {"bridge": 0.9}
"""The same for songs whose form is learnt: the bridges of POP909 are played .53 standard deviations above their song's mean (688 in its
training songs), choruses .60 above, verses .39 below."""

DENSITY_SHIFT = {
    "intro": -0.18, "verse": -0.10, "pre-chorus": 0.05, "chorus": 0.18, "drop": 0.20, "bridge": -0.05, "outro": -0.20, "breakdown": -0.25,
    "build": 0.0, "solo": 0.05,
}  # fmt: skip
"""What each kind of section adds to the density the feeling asks for."""

LEVEL_ARCS = ("static-reflection", "repetitive-despair")
"""Arcs without a peak, where sections differ least."""


def total(blocks: Sequence[Block]) -> int:
    """Bars altogether."""
    return sum(block.bars for block in blocks)


def fit(form: Sequence[tuple[str, int]], bars: int) -> tuple[Block, ...]:
    """The form with exactly `bars` bars (>= 1): rounds are repeated or left out, then sections stretched in the largest steps that fit.

    >>> fit((("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8), ("outro", 4)), 17)
    (Block(name='verse', bars=6), Block(name='chorus', bars=8), Block(name='outro', bars=3))
    """
    blocks = [Block(name, length) for name, length in form]
    if total(blocks) < bars:
        blocks = _repeated(blocks, bars)
    while len(blocks) > 1 and (sum(_shortest(block, bars) for block in blocks) > bars or (len(blocks) > 3 and total(blocks) > 1.45 * bars)):
        blocks = _without(blocks)
    for frame in ("intro", "outro") if bars < 40 else ():
        place = next((i for i, block in enumerate(blocks) if block.name == frame and total(blocks) - block.bars >= bars), None)
        blocks = [block for i, block in enumerate(blocks) if i != place]
    return tuple(_stretched(blocks, bars))


def _shortest(block: Block, bars: int) -> int:
    """The least bars at which a section is still itself: half its length in four-bar phrases, in songs under 40 bars one phrase."""
    return min(block.bars, 4 if bars < 40 else max(4, block.bars // 8 * 4))


def _rounds(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """Start and end of every stretch that runs up to and including a chorus or drop, the intro left aside."""
    rounds, start = [], 1 if blocks[0].name == "intro" else 0
    for i, block in enumerate(blocks):
        if block.name in PEAKS and i >= start:
            rounds.append((start, i + 1))
            start = i + 1
    return rounds


def _repeated(blocks: list[Block], bars: int) -> list[Block]:
    """Its first full round (verse to chorus) once more after itself, until the form is long enough."""
    full = [(start, end) for start, end in _rounds(blocks) if end - start > 1]
    first = 1 if blocks[0].name == "intro" and len(blocks) > 1 else 0
    start, end = full[0] if full else (first, max(first + 1, len(blocks) - 1))
    cycle = blocks[start:end]
    while total(blocks) + total(cycle) / 2 < bars:
        blocks = blocks[:end] + cycle + blocks[end:]
    return blocks


def _without(blocks: list[Block]) -> list[Block]:
    """The form without what it misses least: an episode, else its second round, else one section.

    A form without a chorus lives by its bridge (AABA), so it gives up a fourth verse, intro and outro before its only bridge.
    """
    names = [block.name for block in blocks]
    peaked = any(name in PEAKS for name in names)
    episodes = [i for i, name in enumerate(names) if name in EPISODES and (peaked or name != "bridge" or names.count(name) > 1)]
    if episodes:
        dropped = max(episodes, key=lambda i: (-EPISODES.index(names[i]), i))
        return blocks[:dropped] + blocks[dropped + 1 :]
    rounds = _rounds(blocks)
    if len(rounds) > 1:
        start, end = rounds[1]
        return blocks[:start] + blocks[end:]
    order = DROP_ORDER if peaked else ("intro", "outro", "bridge", "verse", *DROP_ORDER)
    spare = [i for i, name in enumerate(names) if name == "verse" and names.count(name) > 3]
    dropped = spare[-1] if spare and not peaked else min(range(len(names)), key=lambda i: (order.index(names[i]), -i))
    return blocks[:dropped] + blocks[dropped + 1 :]


def _stretched(blocks: list[Block], bars: int) -> list[Block]:
    """Grow or shrink sections in steps of 4, 2 and 1 bars until the sum is exact; odd bars are a tag on the last section."""
    lengths = [block.bars for block in blocks]
    grow = sorted(range(len(blocks)), key=lambda i: (GROW_ORDER.index(blocks[i].name), -i))
    shrink = sorted(range(len(blocks)), key=lambda i: (SHRINK_ORDER.index(blocks[i].name), -i))
    for step in (4, 2, 1):
        while sum(lengths) + step <= bars:
            chosen = min(grow, key=lambda i: round(lengths[i] / blocks[i].bars, 3)) if step == 4 else len(blocks) - 1
            lengths[chosen] += step
        while sum(lengths) - step >= bars:
            able = [i for i in shrink if lengths[i] - step >= (_shortest(blocks[i], bars) if step > 1 else 1)]
            if not able:
                break
            lengths[max(able, key=lambda i: round(lengths[i] / blocks[i].bars, 3))] -= step
    return [Block(block.name, length) for block, length in zip(blocks, lengths, strict=True)]


def letters(names: Sequence[str]) -> tuple[str, ...]:
    """A letter for each section: A, B, C by first appearance; "I" for the intro and "O" for the outro.

    >>> letters(["intro", "verse", "chorus", "verse", "chorus", "outro"])
    ('I', 'A', 'B', 'A', 'B', 'O')
    """
    given: dict[str, str] = {"intro": "I", "outro": "O"}
    free = iter("ABCDEFGH")
    for name in names:
        if name not in given:
            given[name] = next(free)
    return tuple(given[name] for name in names)


MEAN_ENERGY, MEAN_ENERGY_SPAN = 0.5, 0.2
"""A song's mean energy at arousal 0, and what it gains up to 1."""
MEAN_FOLLOWS, POWERS = 0.6, (0.5, 1.8)
"""How much of the way from an arc's own mean a song goes, and how far it may be bent."""


GOING = 0.3
"""Share of its energy that the end of a song gains, and its beginning lacks, for each unit of arousal by which it goes up."""


def energies(
    blocks: Sequence[Block], arc: str, arousal: float, towards: float | None = None, kinds: Mapping[str, float] = SECTION_ENERGY
) -> tuple[float, ...]:
    """Energy 0..1 of each section: the arc at its middle, leaning on what the section is, at a level set by arousal -1..1.

    towards: the arousal that the song goes to, by which its end is stronger or weaker than the arc has it.  kinds: how energetic each
    kind of section is.  A chorus or drop is never weaker than the verse, build or pre-chorus that leads into it.
    """
    bars, level = total(blocks), 0.9 + 0.1 * arousal
    lean, step = (0.2, 0.03) if arc in LEVEL_ARCS else (0.45, 0.08)
    middles, start = list[float](), 0
    for block in blocks:
        middles.append((start + block.bars / 2) / bars)
        start += block.bars

    def own(i: int, kinds: Mapping[str, float]) -> float:
        energy = level * (CURVES[arc](middles[i]) + lean * (kinds[blocks[i].name] - 0.55))
        return energy if towards is None else energy * (1.0 + GOING * (towards - arousal) * (2.0 * middles[i] - 1.0))

    result = list[float]()
    for i, block in enumerate(blocks):
        energy = own(i, kinds)
        if block.name == "bridge" and i + 1 < len(blocks) and blocks[i + 1].name in PEAKS:  # it may rise, but lifts no chorus over the arc
            energy = max(own(i, SECTION_ENERGY), min(energy, own(i + 1, kinds) - step))
        if block.name in PEAKS and i and blocks[i - 1].name not in (*PEAKS, "intro"):
            energy = max(energy, result[-1] + step)
        ceiling = 1.0 if block.name in PEAKS else 0.9
        result.append(min(ceiling, max(0.08, energy)))
    return _leaning(blocks, result, arousal)


def _leaning(blocks: Sequence[Block], energy: Sequence[float], arousal: float) -> tuple[float, ...]:
    """The energies bent as a whole, so that what a song spends on the average follows its arousal, whichever arc it takes.

    A power keeps their order and both ends of the range: a song that climbs from a whisper to its climax still does, but a rousing one
    leaves the whisper sooner.
    """
    share = np.array([block.bars for block in blocks]) / total(blocks)
    own = np.array(energy)
    mean = float(share @ own)
    wanted = mean + MEAN_FOLLOWS * (MEAN_ENERGY + MEAN_ENERGY_SPAN * arousal - mean)
    powers = np.linspace(*POWERS, 107)
    power = powers[np.abs((own[:, None] ** powers).T @ share - wanted).argmin()]
    return tuple(round(max(0.08, float(level)), 3) for level in own**power)


JOURNEYS: dict[str, tuple[float, float]] = {
    "climb-to-climax": (-0.1, 0.15),
    "slow-reveal": (-0.05, 0.1),
    "repetitive-despair": (0.0, -0.1),
    "static-reflection": (0.0, 0.0),
    "sudden-shift": (0.1, -0.1),
    "descent": (0.1, -0.2),
    "rise-and-fall": (0.0, 0.0),
    "spiral": (0.05, -0.2),
}
"""Arc -> change of valence at the start and at the end of the song."""


def _held(value: float) -> float:
    """Within -1..1, to three places."""
    return round(min(1.0, max(-1.0, value)), 3)


ARRIVAL = 0.8
"""How much of the way to where it goes a song has made at its end."""


def on_the_way(emotion: Emotion, destination: Emotion | None, passed: float) -> Emotion:
    """The feeling when `passed`, 0..1, of a song is over that goes from one feeling to another; without a destination it stays."""
    return emotion if destination is None else emotion.towards(destination, ARRIVAL * passed)


def journey(
    emotion: Emotion, arc: str, blocks: Sequence[Block], energy: Sequence[float], destination: Emotion | None = None
) -> tuple[Emotion, ...]:
    """The feeling of each section: arousal and dominance follow energy around its mean, valence follows the arc's journey.

    destination: the feeling that the song goes to, if any.
    """
    bars = total(blocks)
    mean = sum(e * block.bars for e, block in zip(energy, blocks, strict=True)) / bars
    first, last = JOURNEYS[arc]
    result, start = [], 0
    for block, level in zip(blocks, energy, strict=True):
        middle = (start + block.bars / 2) / bars
        start += block.bars
        here = on_the_way(emotion, destination, middle)
        valence = _held(here.valence + first + (last - first) * middle)
        arousal, dominance = _held(here.arousal + 0.8 * (level - mean)), _held(here.dominance + 0.3 * (level - mean))
        result.append(Emotion(valence, arousal, dominance, emotion.labels))
    return tuple(result)


ENTRIES = {"chords": 0.0, "melody": 0.2, "pad": 0.12, "bass": 0.27, "drums": 0.33, "counter": 0.6}
"""Role -> section energy from which it usually plays."""
SOONER = 0.12
"""By how much less energy will do in a song of arousal 1."""


def entries_of(style: Mapping[str, float], arousal: float) -> dict[str, float]:
    """Role -> section energy from which it plays: the usual ones, those of a style over them, sooner where the song is rousing."""
    return {role: level - SOONER * max(0.0, arousal) for role, level in (ENTRIES | dict(style)).items()}


RESTS = {
    "intro": ("melody", "counter"), "outro": ("counter",), "breakdown": ("drums", "bass", "counter"), "solo": ("counter",),
    "build": ("counter", "melody"),
}  # fmt: skip
"""Section -> roles that rest there whatever the energy."""


THIN = {"intro": 0.32, "outro": 0.32, "breakdown": 0.45}
"""Section -> energy above which it brings nobody else in."""


FULL = {"verse": 0.3, "pre-chorus": 0.32, "bridge": 0.3, "solo": 0.5, "chorus": 0.5, "drop": 0.6}
"""Section -> energy whose players it has at least, so that a quiet song still has its tune and its rhythm section."""


def with_all(playing: Sequence[tuple[str, ...]], energy: Sequence[float], roles: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """A role that no section reached joins the fullest one, its last if there are several: every part of a song is heard."""
    missing = set(roles).difference(*playing)
    peak = max(range(len(energy)), key=lambda i: (energy[i], i))
    return tuple(tuple(role for role in roles if role in here or (i == peak and role in missing)) for i, here in enumerate(playing))


def roles_in(name: str, energy: float, roles: Sequence[str], entries: Mapping[str, float]) -> tuple[str, ...]:
    """The roles that play in a section, never none; a duo or a soloist plays throughout."""
    if len(roles) <= 2:
        return tuple(roles)
    level = ENTRIES | dict(entries)
    energy = min(THIN.get(name, 1.0), max(FULL.get(name, 0.0), energy))
    playing = tuple(role for role in roles if energy >= level[role] and role not in RESTS.get(name, ()))
    harmonic = ("chords", "pad", "bass", "melody", "counter", "drums")
    if not set(playing) - {"drums"}:
        playing += (min(set(roles) - set(playing), key=harmonic.index),)
    if set(playing) <= {"pad", "bass"} and "chords" in roles:  # a pad alone is no more than a breath
        playing += ("chords",)
    return tuple(role for role in roles if role in playing)
