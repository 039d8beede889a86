"""The instruments that every installation has, by manifest name: what the arranger must know to write for them."""

from collections.abc import Mapping
from dataclasses import dataclass

from daiw.music.manifest import TRAITS, Manifest


@dataclass(frozen=True, slots=True)
class Sound:
    """One shipped instrument.

    program: General MIDI 0..127 (the kit where `drums`).  low, high: MIDI range.  roles: what it serves, best first.
    sustained: its notes hold at full level while the key is down.  pedal: it has a sustain pedal.  bends: players add vibrato.
    strums: a chord is drawn across strings.
    """

    program: int
    low: int
    high: int
    roles: tuple[str, ...]
    sustained: bool = False
    pedal: bool = False
    bends: bool = False
    strums: bool = False
    drums: bool = False


def _struck(program: int, low: int, high: int, *roles: str) -> Sound:
    """Keys, mallets and plucked strings without a pedal: notes die away."""
    return Sound(program, low, high, roles)


def _pedalled(program: int, low: int, high: int, *roles: str) -> Sound:
    """Keys and bars with a sustain pedal."""
    return Sound(program, low, high, roles, pedal=True)


def _strung(program: int, low: int, high: int, *roles: str) -> Sound:
    """Guitars and harps: chords are strummed or rolled."""
    return Sound(program, low, high, roles, strums=True)


def _driven(program: int, low: int, high: int, *roles: str) -> Sound:
    """Electric guitars with gain: strummed, and the notes hold."""
    return Sound(program, low, high, roles, sustained=True, strums=True)


def _held(program: int, low: int, high: int, *roles: str) -> Sound:
    """Sections, organs and pads: notes hold."""
    return Sound(program, low, high, roles, sustained=True)


def _sung(program: int, low: int, high: int, *roles: str) -> Sound:
    """Solo bows, winds and leads: notes hold and may vibrate."""
    return Sound(program, low, high, roles, sustained=True, bends=True)


def _kit(program: int) -> Sound:
    """A drum kit on channel 10."""
    return Sound(program, 27, 87, ("drums",), drums=True)


SOUNDS: Mapping[str, Sound] = {
    "grand_piano": _pedalled(0, 21, 108, "chords", "melody", "counter"),
    "felt_piano": _pedalled(0, 28, 96, "chords", "melody", "counter"),
    "electric_piano": _pedalled(4, 28, 96, "chords", "melody", "counter"),
    "daiw_keys": _pedalled(4, 28, 96, "chords", "melody", "counter"),
    "clavinet": _struck(7, 36, 88, "chords", "counter"),
    "music_box": _struck(10, 60, 96, "melody", "counter", "chords"),
    "vibraphone": _pedalled(11, 53, 89, "melody", "chords", "counter"),
    "marimba": _struck(12, 45, 96, "melody", "counter", "chords"),
    "bell": _struck(14, 48, 103, "counter", "melody"),
    "kalimba": _struck(108, 48, 89, "melody", "counter", "chords"),
    "organ": _held(16, 36, 96, "chords", "pad", "melody", "counter"),
    "nylon_guitar": _strung(24, 40, 83, "chords", "melody", "counter"),
    "steel_guitar": _strung(25, 40, 84, "chords", "melody", "counter"),
    "clean_guitar": _strung(27, 40, 86, "chords", "counter", "melody"),
    "overdriven_guitar": _driven(29, 40, 86, "chords", "melody", "counter"),
    "distortion_guitar": _driven(30, 40, 86, "chords", "melody", "counter"),
    "upright_bass": _struck(32, 28, 67, "bass"),
    "finger_bass": _struck(33, 28, 67, "bass"),
    "picked_bass": _struck(34, 28, 67, "bass"),
    "fretless_bass": _struck(35, 28, 67, "bass"),
    "sub_bass": _held(38, 24, 60, "bass"),
    "synth_bass": _held(38, 24, 67, "bass"),
    "violin": _sung(40, 55, 103, "melody", "counter"),
    "cello": _sung(42, 36, 76, "counter", "melody", "pad", "bass"),
    "fiddle": _sung(110, 55, 96, "melody", "counter"),
    "pizzicato": _struck(45, 28, 96, "chords", "counter", "bass"),
    "harp": _strung(46, 24, 103, "chords", "counter", "melody"),
    "timpani": _struck(47, 36, 57, "bass", "counter"),
    "strings": _held(48, 28, 96, "pad", "counter", "chords", "melody"),
    "slow_strings": _held(49, 28, 96, "pad"),
    "choir": _held(52, 48, 79, "pad", "counter"),
    "voice_oohs": _held(53, 48, 79, "pad", "counter", "melody"),
    "trumpet": _sung(56, 55, 84, "melody", "counter"),
    "muted_trumpet": _sung(59, 55, 84, "melody", "counter"),
    "french_horn": _sung(60, 41, 77, "counter", "melody", "pad"),
    "brass_section": _held(61, 41, 84, "counter", "chords", "pad"),
    "alto_sax": _sung(65, 49, 81, "melody", "counter"),
    "tenor_sax": _sung(66, 44, 76, "melody", "counter"),
    "oboe": _sung(68, 58, 91, "melody", "counter"),
    "clarinet": _sung(71, 50, 91, "melody", "counter"),
    "flute": _sung(73, 60, 96, "melody", "counter"),
    "lead": _sung(80, 48, 96, "melody", "counter"),
    "saw_lead": _sung(81, 48, 96, "melody", "counter"),
    "pluck": _struck(84, 36, 103, "counter", "chords", "melody"),
    "warm_pad": _held(89, 36, 91, "pad", "chords"),
    "saw_pad": _held(90, 36, 91, "pad", "chords"),
    "standard_kit": _kit(0),
    "drum_machine": _kit(25),
    "jazz_kit": _kit(32),
    "brush_kit": _kit(40),
    "orchestra_kit": _kit(48),
}
"""Manifest name -> sound; agrees with plugins/*/plugin.toml on program, range and drums."""


def sound_of(manifest: Manifest) -> Sound:
    """What a manifest that is not among the shipped ones says of itself."""
    low, high = manifest.range
    traits = {name: name in manifest.traits for name in TRAITS}
    return Sound(max(0, manifest.program), low, high, manifest.roles, drums=manifest.drums, **traits)


ANY_PROGRAM = "gm"
"""The manifest that plays whatever General MIDI program the track names."""

KINDRED: Mapping[str, tuple[int, ...]] = {
    "strings": (*range(40, 52), 110), "guitar": tuple(range(24, 32)), "brass": tuple(range(56, 64)), "woodwind": tuple(range(64, 80)),
    "synth": (38, 39, *range(80, 104)), "piano": (0, 1, 2, 3, 4, 5), "bass": tuple(range(32, 40)), "choir": (52, 53, 54),
}  # fmt: skip
"""Word for a whole group -> every General MIDI program it rules out when it is unwanted."""
