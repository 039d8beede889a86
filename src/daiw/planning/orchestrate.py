"""Who plays what: an instrument for every role, by wish, style and feeling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from daiw.music.decision import Decision
from daiw.music.ensemble import ANY_PROGRAM, KINDRED, SOUNDS, Sound
from daiw.music.instruments import FAMILIES
from daiw.music.lyrics import SINGERS
from daiw.music.plan import Plan
from daiw.music.rules import amount_of
from daiw.music.score import Part
from daiw.music.styles.arrange import ArrangeStyle

CALM_AROUSAL, FIERCE_AROUSAL = -0.3, 0.3
DARKNESS_SHARE = 0.25
"""How much an unpleasant feeling adds to the arousal that counts as fierce: anger bites sooner than joy."""

FIRST_CHOICE_SHARE = 0.6
"""How often the seed lets a style's usual instrument play; the others share the rest."""

SINGS = {
    "vocal": "It sings the tune.", "backing": "It sings with the voice.", "backing low": "It sings with the voice, on the other side.",
    "whisper": "The voice's words, whispered under it.", "ad-libs": "It answers between the lines.",
}  # fmt: skip
VOICE_PROGRAM = 53
"""General MIDI's sung vowel, for players that know no words."""

USUAL = {
    "melody": "grand_piano", "counter": "strings", "chords": "grand_piano", "pad": "warm_pad", "bass": "finger_bass",
    "drums": "standard_kit", "vocal": "voice_oohs", "backing": "voice_oohs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Casting:
    """The instrument of one role.  instrument: a manifest name.  sound: what it can do.  wished: asked for by name."""

    role: str
    instrument: str
    sound: Sound
    wished: bool
    decision: Decision


def cast(plan: Plan, style: ArrangeStyle, parts: Sequence[Part], others: Mapping[str, Sound] | None = None) -> tuple[Casting, ...]:
    """An instrument for each of `parts`, in their order.

    A wished instrument takes the role it serves best among those that play and are not yet taken; a family without a manifest of its
    own is played by the General MIDI program.  An unwanted one is replaced by the nearest that serves the role.  others: what the
    person's own instruments can do, by manifest name.
    """
    wishes = _seat_wishes(plan, style, [part.role for part in parts if part.notes and part.role not in SINGERS])
    roles = [part.role for part in parts]
    return tuple(
        _singing(plan, style, role) or (_wished(role, *wishes[role]) if role in wishes else _usual(plan, style, role, others or {}))
        for role in roles
    )


def _singing(plan: Plan, style: ArrangeStyle, role: str) -> Casting | None:
    """The casting of a role that a voice sings; None for the others, and where an instrument plays the words."""
    voice = plan.voice
    if voice is None or role not in SINGERS:
        return None
    if not voice.name:
        return replace(_usual(plan, style, "melody", {}), role=role)
    sound = Sound(VOICE_PROGRAM, voice.low, voice.high, (role,), sustained=True, bends=True)
    because = SINGS.get(role, "Another take of the voice.")
    name = voice.name
    if role in ("double left", "double right") and voice.other and amount_of(plan.breaks, "ConflictingTimbres"):
        name, because = voice.other, "ConflictingTimbres: another voice sings the same line."
    return Casting(role, name, sound, True, Decision("arrange", f"instrument of {role}", name, because))


def banned_programs(unwanted: Sequence[str]) -> frozenset[int]:
    """The General MIDI programs that `unwanted` families rule out; "guitar" means every guitar."""
    programs: set[int] = set()
    for name in unwanted:
        programs.update(KINDRED.get(name, ()))
        programs.update(FAMILIES[name].programs if name in FAMILIES else ())
    return frozenset(programs)


def _seat_wishes(plan: Plan, style: ArrangeStyle, roles: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Role -> (family, manifest) for the families wished for; the choosiest families sit first."""
    seated: dict[str, tuple[str, str]] = {}
    families = [FAMILIES[name] for name in dict.fromkeys(plan.with_instruments) if name in FAMILIES and name != "drums"]
    for family in sorted(families, key=lambda family: sum(role in roles for role in family.roles)):
        free = [role for role in family.roles if role in roles and role not in seated]
        free += [role for role in roles if role not in (*family.roles, *seated, "drums", "bass")]
        if not free:
            continue
        already = [role for role in free if _serves(_first(style, role), family.programs)]
        role = (already or free)[0]
        seated[role] = (family.name, _manifest(family.programs, role, style))
    return seated


def _first(style: ArrangeStyle, role: str) -> str:
    """The instrument a style usually gives a role."""
    return (*style.role(role).instruments, USUAL.get(role, "grand_piano"))[0]


def _serves(instrument: str, programs: Sequence[int]) -> bool:
    """Whether a manifest sounds one of `programs`."""
    return instrument in SOUNDS and not SOUNDS[instrument].drums and SOUNDS[instrument].program in programs


def _manifest(programs: Sequence[int], role: str, style: ArrangeStyle) -> str:
    """The manifest for a family in a role: the style's own if it has one, else the one made for the role, else any program."""
    own = [name for name in (*style.role(role).instruments, style.role(role).calm, style.role(role).fierce) if _serves(name, programs)]
    able = [name for name in SOUNDS if _serves(name, programs)]
    able.sort(key=lambda name: (role not in SOUNDS[name].roles, programs.index(SOUNDS[name].program)))
    return (*own, *able, ANY_PROGRAM)[0]


def _wished(role: str, family: str, instrument: str) -> Casting:
    """The casting of a role that a wish has taken."""
    sound = SOUNDS.get(instrument) or _any_sound(FAMILIES[family].programs[0], role)
    because = f"You asked for {family}; it takes the {role}."
    return Casting(role, instrument, sound, True, Decision("arrange", f"instrument of {role}", instrument, because, evidence=family))


def _any_sound(program: int, role: str) -> Sound:
    """What may be expected of a General MIDI program without a manifest of its own."""
    sustained = 16 <= program <= 23 or 40 <= program <= 44 or 48 <= program <= 103 or 109 <= program <= 111
    low, high = (24, 60) if role == "bass" else (36, 96)
    return Sound(program, low, high, (role,), sustained=sustained, bends=40 <= program <= 43 or 56 <= program <= 79)


def _usual(plan: Plan, style: ArrangeStyle, role: str, others: Mapping[str, Sound]) -> Casting:
    """The casting of a role by style, feeling and seed.  others: instruments beside the shipped ones."""
    table = style.role(role)
    valence, arousal = _mean_feeling(plan)
    banned = banned_programs(plan.without_instruments)
    options = list(table.instruments) or [USUAL.get(role, "grand_piano")]
    pick = _seeded(plan.seed, f"{plan.preset} {role}", len(options))
    because, order = "the usual sound of this style" if pick == 0 else "one of this style's sounds", [options[pick], *options]
    if role in style.asked:
        because = "you asked for it by name"
    elif arousal <= CALM_AROUSAL and table.calm:
        because, order = f"the feeling is calm (arousal {arousal:+.1f})", [table.calm, *order]
    elif arousal > 0 and arousal + DARKNESS_SHARE * max(0.0, -valence) >= FIERCE_AROUSAL and table.fierce:
        because, order = f"the feeling is strong (arousal {arousal:+.1f}, valence {valence:+.1f})", [table.fierce, *order]
    allowed = [name for name in order if role == "drums" or name not in SOUNDS or SOUNDS[name].program not in banned]
    if not allowed:
        because = f"you did not want {', '.join(plan.without_instruments)}"
        serving = sorted((name for name in SOUNDS if role in SOUNDS[name].roles), key=lambda name: SOUNDS[name].roles.index(role))
        allowed = [name for name in serving if SOUNDS[name].program not in banned] or order
    instrument = allowed[0]
    sound = SOUNDS.get(instrument) or others.get(instrument) or _any_sound(SOUNDS[USUAL.get(role, "grand_piano")].program, role)
    if role == "drums" and not sound.drums:
        sound = Sound(0, 27, 87, ("drums",), drums=True)
    rest = tuple(dict.fromkeys(name for name in order if name != instrument))
    decision = Decision(
        "arrange", f"instrument of {role}", instrument, f"{because[0].upper()}{because[1:]}.", "", 1.0 if role in style.asked else 0.7, rest
    )
    return Casting(role, instrument, sound, False, decision)


def _mean_feeling(plan: Plan) -> tuple[float, float]:
    """Valence and arousal of the song, its sections weighted by their bars."""
    bars = max(1, plan.bars)
    valence = sum(section.emotion.valence * section.bars for section in plan.sections) / bars
    return valence, sum(section.emotion.arousal * section.bars for section in plan.sections) / bars


def _seeded(seed: int, purpose: str, count: int) -> int:
    """Which of `count` options the seed plays; the first is the likeliest."""
    if count == 1:
        return 0
    rest = (1.0 - FIRST_CHOICE_SHARE) / (count - 1)
    rng = np.random.default_rng([seed % 2**63, crc32(f"instrument {purpose}".encode())])
    return int(rng.choice(count, p=[FIRST_CHOICE_SHARE] + [rest] * (count - 1)))
