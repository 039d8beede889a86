"""What the harmony network is asked for: how bright, tense, coloured, foreign, quick and repetitive a section's chords shall be.

The values are those of `tokens.harmony_levels`, which training measures in real charts.  The feeling chooses where among real sections of
its mode a song lies, the style how coloured and how quick it is about that, and the seed the rest: real songs differ, too.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from daiw.music.pitch import MODES
from daiw.music.styles.plan import PlanStyle, read_progression
from daiw.music.time import Meter
from daiw.nets.charted_sections import real_section
from daiw.nets.harmony_numerals import writable
from daiw.nets.picking import NEVER
from daiw.planning.chance import generator
from daiw.planning.colour import Appetite
from daiw.planning.emotion import MODE_BRIGHTNESS
from daiw.tokens.harmony import (
    CHANGE_EDGES,
    FOREIGN_EDGES,
    HEADER,
    KINDS,
    METERS,
    SEVENTH_EDGES,
    SOURCES,
)
from daiw.tokens.harmony_levels import FIRST_SEVENTH, NO_CHORD, class_of, is_foreign, level, root_of, tones_of
from daiw.tokens.vocab import CHORD_CLASSES

MINOR_LIKE = ("minor", "dorian", "phrygian", "locrian")

DECILES: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "brightness": (
        (0.25, 0.44, 0.5, 0.67, 0.75, 0.81, 0.92, 1.0, 1.0, 1.0, 1.0), (0.0, 0.1, 0.17, 0.23, 0.33, 0.5, 0.5, 0.54, 0.67, 0.83, 1.0),
    ),
    "sevenths": ((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.17, 0.29, 0.44, 0.67, 1.0), (0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.33, 0.5, 0.67, 1.0, 1.0)),
    "foreign": ((0.0, 0.0, 0.0, 0.0, 0.0, 0.08, 0.19, 0.3, 0.45, 0.5, 0.5), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.17, 0.33, 0.45, 0.5)),
    "returns": ((0.0, 0.0, 0.07, 0.25, 0.44, 0.5, 0.75, 0.94, 1.0, 1.0, 1.0), (0.0, 0.0, 0.33, 0.5, 0.67, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0)),
}  # fmt: skip
"""Deciles over the 6,600 training sections of Billboard, in major and in minor; foreign chords never more than every second."""

FELT_SLOPE, BRIGHT_MODES, DARK_MODES = 0.55, 0.45, 0.9
"""Deciles are chosen by how far the valence is above that of which the mode already speaks: so much of `planning.emotion.MODE_BRIGHTNESS`,
which gives major and minor the mean valence of the songs that get them."""

BRIGHTEST, DARKEST = 0.92, 0.12
"""Of the time on major thirds: beyond these too few chords are left to go anywhere; for standards and rarer modes a tenth less."""

CHORDS, STANDARD_CHORDS = (3, 3, 3, 3, 3, 3, 3, 4, 4, 5), 5
"""Different chords in eight bars: about the deciles of verses and choruses of the training songs, but never two and fewer at the top, since
suspensions and cadences come on top; and what two ii V I take."""

MOST_FOREIGN = 0.5
"""Of a section's chords, from outside the mode."""

NAMEABLE = {"major": 0.95, "minor": 0.77}
"""Of the charts' chords from outside, those that may be written (n 1,540 and 245): the others stand where the key was misread."""

BRIDGE_FARTHER = 0.14
"""Chords from outside that a bridge has more than its verse: +.14 +- .03 in 131 training songs in major, +.13 +- .06 in 24 in minor."""

REVEALED = 0.2
"""Chords from outside at least where a slow reveal reveals."""

LIGHT_AT_HOME = 0.25
"""Lighter songs in major borrow less: so many deciles of ten for each unit of valence above what the mode says."""

TENSION_OF_SEVENTHS, TENSION = 0.25, 0.1
"""How rough a section of sevenths is, and how much more the tensest may be."""

USUAL_TENSION = 0.12
"""How much tenser than the middle songs in minor are by the feelings that get them, and those in major less (`planning.harmony.TENSER`)."""

SLOWEST, QUICKEST = 0.3, 2.5
"""Changes a written bar."""

WRITTEN_SHARE = 0.9
"""Of the style's changes, what is asked for: cadences between sections and suspensions come on top."""

AROUSED, SONGS_DIFFER = 0.6, 0.2
"""Octaves of harmonic rhythm between a middling arousal and the highest, and one standard deviation between songs."""

FOREIGN_COST, SEVENTH_COST = -1.5, -2.0
"""Logits of a chord from outside the mode, and of a seventh, where none is asked for."""

KIND_OF_FOREIGN, USUAL_SHARE = 1.0, 0.33
"""Logits for applied dominants and against borrowed chords where the style's whole appetite is for the former, and its usual share."""

RARE = 0.1
"""From this share on, chords of a colour cost nothing."""


LENDERS: Mapping[str, tuple[frozenset[int], ...]] = {
    "major": tuple(frozenset(step % 12 for step in MODES[mode]) for mode in ("mixolydian", "dorian", "minor", "lydian")),
    "minor": (*(frozenset(step % 12 for step in MODES[mode]) for mode in ("dorian", "phrygian")), frozenset((0, 2, 3, 5, 7, 9, 11))),
}  # fmt: skip
"""Scales on the same tonic from which a chord may be borrowed, the melodic minor among them."""

NEAPOLITAN = 1
"""Semitones above the tonic of the one major chord that comes from further off."""


MODE_COLOUR: Mapping[str, int] = {"dorian": 9, "phrygian": 1, "lydian": 6, "mixolydian": 10}
"""Semitones above the tonic of the note by which a rarer mode differs from major or minor; locrian's tonic chord has its own."""

COLOUR_OF_MODE, COLOURED = 1.5, 0.3
"""Logits for chords with that note, and the share of them asked for: to the network, which knows major and minor, they are foreign."""


def leads(chord: int, inside: AbstractSet[int]) -> bool:
    """Whether a chord is the dominant, or the diminished seventh on the leading note, of a degree of the mode."""
    root, quality = root_of(chord), CHORD_CLASSES[class_of(chord)]
    return (quality in ("", "7") and root in inside and (root + 5) % 12 in inside) or (quality == "dim7" and (root + 1) % 12 in inside)


def lent(chord: int, mode: str) -> bool:
    """Whether a chord from outside major or minor is one that its parallel modes lend."""
    tones = tones_of(chord)
    neapolitan = root_of(chord) == NEAPOLITAN and CHORD_CLASSES[class_of(chord)] in ("", "maj7")
    return neapolitan or any(tones <= scale for scale in LENDERS[mode])


def at(name: str, share: float, minor: bool) -> float:
    """The value below which so large a share of real sections lies, 0..1."""
    return float(np.interp(share, np.linspace(0.0, 1.0, 11), DECILES[name][minor]))


def written_rate(style: PlanStyle) -> float:
    """Changes a written bar in the style's own progressions; 1 where it has none."""
    texts = [text for sections in style.progressions.values() for texts in sections.values() for text in texts]
    bars = [bar for text in texts for bar in read_progression(text)]
    return sum(len(bar) for bar in bars) / len(bars) if bars else 1.0


def asked(name: str, mode: str, style: PlanStyle, taste: Appetite, seed: int) -> dict[str, float]:
    """The values of TOLD for a section: how coloured the song is hangs on its seed, how repetitive the section on both."""
    minor = mode in MINOR_LIKE
    of_song = generator(seed, "colour of the song")
    coloured, far, pace = of_song.random(), of_song.random(), of_song.normal()
    again = generator(seed, f"returns {name}").random()
    tenser = taste.tension - 0.5 - USUAL_TENSION * (1.0 if minor else -1.0)
    sevenths = taste.sevenths + (1.0 - taste.sevenths) * at("sevenths", _share(0.5 + 0.7 * (coloured - 0.5) + 0.7 * tenser), minor)
    appetite = min(1.0, taste.borrowed + taste.secondary)
    rate = WRITTEN_SHARE * written_rate(style) * 2.0 ** (AROUSED * taste.arousal + SONGS_DIFFER * pace)
    lighter = taste.valence - MODE_BRIGHTNESS[mode] * (BRIGHT_MODES if MODE_BRIGHTNESS[mode] > 0 else DARK_MODES)
    wide = _share(far + 0.5 * (appetite - 0.3) if minor else far + 0.5 * (appetite - 0.05) - LIGHT_AT_HOME * lighter)
    foreign = (
        at("foreign", wide, minor) + (BRIDGE_FARTHER if name == "bridge" else 0.0)
        if mode in ("major", "minor")
        else COLOURED * (mode in MODE_COLOUR)
    )
    narrower = 0.1 if is_standard(taste) or mode not in ("major", "minor") else 0.0
    bright = at("brightness", _share(0.5 + FELT_SLOPE * lighter), minor)
    return {
        "sevenths": sevenths,
        "foreign": max(foreign, REVEALED) if taste.borrowed >= 1.0 and mode in ("major", "minor") else foreign,
        "changes": min(QUICKEST, max(SLOWEST, rate)),
        "brightness": min(BRIGHTEST - narrower, max(DARKEST + narrower, bright)),
        "tension": TENSION_OF_SEVENTHS * sevenths + TENSION * max(0.0, 2.0 * tenser),
        "returns": at("returns", again, minor),
    }


def is_charted(mode: str, taste: Appetite) -> bool:
    """Whether what is asked for is what a real section has: in major and minor, standards aside."""
    return mode in ("major", "minor") and not is_standard(taste)


def wish(name: str, mode: str, style: PlanStyle, taste: Appetite, seed: int) -> tuple[dict[str, float], int]:
    """(values of TOLD, number of different chords in eight bars) to ask for: in major and minor those of a real section near `asked`.

    Standards and rarer modes, of which there is no table, are asked for every value by itself (`is_charted`).
    """
    target = asked(name, mode, style, taste, seed)
    if not is_charted(mode, taste):
        return target, variety(name, taste, seed)
    found, distinct = real_section(target, mode == "minor", generator(seed, f"section {name}"))
    found["changes"] = min(QUICKEST, max(SLOWEST, found["changes"]))
    found["foreign"] = min(MOST_FOREIGN, max(NAMEABLE[mode] * found["foreign"], REVEALED if taste.borrowed >= 1.0 else 0.0))
    return found, min(CHORDS[-1], max(CHORDS[0], distinct))


def compared(wanted: Mapping[str, float], found: Mapping[str, float], mode: str, taste: Appetite) -> str:
    """What was asked for by whom, and what came of it, in a sentence.  taste: with the section's own feeling."""
    of_one = ", in the values of one real section near to that" if is_charted(mode, taste) else ""
    asked_for, has = (
        {name: f"{values[name]:.0%}" for name in ("brightness", "sevenths", "foreign")} | {"changes": f"{values['changes']:.1f}"}
        for values in (wanted, found)
    )
    return (
        f"The section's feeling (valence {taste.valence:+.2f}, arousal {taste.arousal:+.2f}) asked for {asked_for['brightness']} of the "
        f"time on major thirds and {asked_for['changes']} changes a bar, style and seed for {asked_for['sevenths']} sevenths and "
        f"{asked_for['foreign']} chords from outside{of_one}; it has {has['brightness']}, {has['changes']}, {has['sevenths']} and "
        f"{has['foreign']}."
    )


def _share(value: float) -> float:
    return min(0.95, max(0.05, value))


def variety(name: str, taste: Appetite, seed: int) -> int:
    """How many different chords a section's loop shall have."""
    drawn = CHORDS[int(generator(seed, f"variety {name}").integers(len(CHORDS)))]
    return max(drawn, STANDARD_CHORDS) if is_standard(taste) else drawn


def is_standard(taste: Appetite) -> bool:
    """Whether the style's chords are those of the standards: sevenths throughout, applied dominants."""
    return taste.sevenths >= 0.9 and taste.secondary >= 0.25


def header(mode: str, meter: Meter, taste: Appetite, wanted: Mapping[str, float]) -> list[int]:
    """What the network is told of the song: mode, meter, kind of book, and how coloured and how quick its harmony is."""
    values = {
        "mode": int(mode in MINOR_LIKE),
        "meter": METERS.index(str(meter)),
        "source": 1 + SOURCES.index("openewld" if is_standard(taste) else "billboard"),
        "sevenths": level(wanted["sevenths"], SEVENTH_EDGES),
        "foreign": level(wanted["foreign"], FOREIGN_EDGES),
        "changes": level(wanted["changes"], CHANGE_EDGES),
    }
    return [KINDS[name].token(values[name]) for name in HEADER]


def chord_logits(mode: str, wanted: Mapping[str, float], taste: Appetite) -> NDArray[np.float32]:
    """What is added to each chord value: 0 at home, less for colours that are not asked for, -1e9 where it may not be.

    From outside come dominants of the mode's degrees and what parallel modes lend: the charts have stranger ones, where their key was
    misread.  In modes other than major and minor every chord stays inside: the corpus has too few of them to be asked for colour there.
    """
    inside, usual = {step % 12 for step in MODES[mode]}, mode in ("major", "minor")
    added = np.full(NO_CHORD + 1, NEVER, np.float32)
    plain, at_home = (max(0.0, 1.0 - wanted[name] / RARE) for name in ("sevenths", "foreign"))
    lean = KIND_OF_FOREIGN * (taste.secondary / max(0.01, taste.secondary + taste.borrowed) - USUAL_SHARE)
    for chord in range(NO_CHORD):
        foreign = is_foreign(chord, mode == "minor") if usual else not tones_of(chord) <= inside
        applied = leads(chord, inside)
        if not writable(mode)[chord] or (foreign and not (usual and (applied or lent(chord, mode)))):
            continue
        added[chord] = FOREIGN_COST * at_home + (lean if applied else -lean) if foreign else 0.0
        if MODE_COLOUR.get(mode) in tones_of(chord):
            added[chord] += COLOUR_OF_MODE
        if class_of(chord) >= FIRST_SEVENTH and CHORD_CLASSES[class_of(chord)] != "7":
            added[chord] += SEVENTH_COST * plain
    return added
