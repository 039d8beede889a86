"""Who sings where: the voices of a song join its sections, and the tune's instrument makes room."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.errors import PromptError
from daiw.music.decision import Decision
from daiw.music.intent import Wishes
from daiw.music.lyrics import COMPANIONS, COMPANY, SungLine, Voice
from daiw.music.plan import Section
from daiw.music.rules import RuleBreak, amount_of
from daiw.music.styles.plan import VoicesStyle
from daiw.planning.choices import decided

TUNEFUL = ("verse", "pre-chorus", "chorus", "bridge", "drop")
"""Sections that a voice without words sings in."""

HARMONISED = ("chorus", "drop")
LEADS = {
    "rest": "the {lead} keeps silent while the voice sings and plays where it does not",
    "answer": "the {lead} answers between the lines and plays where nobody sings",
    "double": "the {lead} plays softly along with the voice",
}


def checked_company(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """The names, each once; raises PromptError for one that is nobody's.

    >>> checked_company(["doubles", "harmonies", "doubles"])
    ('doubles', 'harmonies')
    """
    for name in names or ():
        if name not in COMPANY:
            raise PromptError(f"nobody called {name!r} sings along; there are {', '.join(COMPANY)}, or none")
    return None if names is None else tuple(dict.fromkeys(names))


def accompanied(voice: Voice, style: VoicesStyle, wishes: Wishes) -> Voice:
    """The voice with what is asked of those that sing with it: the wish, else the style's."""
    blend = style.blend_lu if wishes.blend_lu is None else wishes.blend_lu
    spread = style.spread_ms if wishes.spread_ms is None else wishes.spread_ms
    return replace(voice, blend_lu=blend, spread_ms=spread)


def with_voices(
    sections: Sequence[Section],
    roles: Sequence[str],
    style: VoicesStyle,
    words: Sequence[SungLine],
    breaks: tuple[RuleBreak, ...],
    *,
    companions: bool = True,
    company: tuple[str, ...] | None = None,
) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """The sections with those who sing in them, and the song's roles, the voice first and its companions last.

    words: empty where vowels are sung.  companions: whether others may sing along.  company: those who were asked for, keys of
    `music.lyrics.COMPANY`; None leaves it to the style.
    """
    with_words = {line.section for line in words}
    forced = ("doubles",) * (amount_of(breaks, "DoubledVocal") > 0 or amount_of(breaks, "ConflictingTimbres") > 0)
    singing = {section.name for i, section in enumerate(sections) if (i in with_words if words else section.name in TUNEFUL)}
    refrains = tuple(name for name in HARMONISED if name in singing) or tuple(singing)
    result: list[Section] = []
    for index, section in enumerate(sections):
        sung = index in with_words if words else section.name in TUNEFUL
        if not sung:
            result.append(section)
            continue
        others = tuple(role for role in section.roles if role != "melody" or style.lead != "rest")
        if style.lead != "rest" and "melody" in roles and "melody" not in others:
            others = ("melody", *others)
        extra: tuple[str, ...] = ()
        if companions and company is None:
            extra = _by_style(section, style)
        elif companions and company is not None:
            extra = tuple(role for name in company for role in COMPANY[name] if name in ("doubles", "whispers") or section.name in refrains)
        if companions:
            extra = tuple(dict.fromkeys((*extra, *(role for name in forced for role in COMPANY[name]))))
        result.append(replace(section, roles=("vocal", *others, *extra)))
    heard = {role for section in result for role in section.roles}
    ordered = tuple(role for role in ("vocal", *roles, *COMPANIONS) if role in heard)
    return tuple(result), ordered


def _by_style(section: Section, style: VoicesStyle) -> tuple[str, ...]:
    """Who sings with the voice in a section where nobody said."""
    refrain, energy = section.name in HARMONISED, section.energy
    asked = (
        (refrain and energy >= style.backing_from, "backing"),
        (refrain and energy >= style.second_from, "backing low"),
        (energy >= style.doubled_from, "double left"),
        (energy >= style.doubled_from, "double right"),
        (energy <= style.whispers_to, "whisper"),
        (refrain and energy >= style.adlibs_from, "ad-libs"),
    )
    return tuple(role for sings, role in asked if sings)


def voice_decisions(
    voice: Voice, sections: Sequence[Section], words: Sequence[SungLine], style: VoicesStyle, *, sings: bool,
    company: tuple[str, ...] | None = None,
) -> tuple[Decision, ...]:  # fmt: skip
    """Who sings, what, and what the others do meanwhile."""
    sung = [section for section in sections if "vocal" in section.roles]
    lines, syllables = len(words), sum(len(line.syllables) for line in words)
    what = f"{lines} lines, {syllables} syllables" if words else "vowels: ooh, and ah where it is loud"
    where = ", ".join(dict.fromkeys(section.name for section in sung))
    because = (
        f"Your words are sung in {where}; a section that comes back sings its words again." if words else
        "A voice was asked for and no words were given; --lyrics FILE brings yours, --draft-lyrics drafts some from your sentences."
    )  # fmt: skip
    who, why = (
        (voice.name, "It sings the tune.") if sings else ("an instrument", "The words stay in the notes for someone who will sing them.")
    )
    result = [decided("voice", who, why, confidence=0.8), decided("words", what, because, confidence=1.0)]
    if any("melody" in section.roles for section in sections):
        result.append(decided("lead", style.lead, f"{LEADS[style.lead].format(lead='lead instrument').capitalize()}.", confidence=0.7))
    counts = {name: sum(COMPANY[name][0] in section.roles for section in sung) for name in COMPANY}
    second = sum("backing low" in section.roles for section in sung)
    parts = [f"{name} in {count} section{'s' * (count > 1)}" for name, count in counts.items() if count]
    parts += [f"a second harmony in {second}"] * bool(second)
    if parts:
        why = (
            "You asked for them."
            if company is not None
            else "Choruses with enough energy are sung by more than one, quiet lines whispered along, as far as the style has it."
        )
        result.append(decided("backing voices", ", ".join(parts), why, confidence=1.0 if company is not None else 0.7))
        result.append(_together(voice, style))
    elif company == ():
        result.append(decided("backing voices", "none", "You asked for the voice alone.", confidence=1.0))
    elif not _usual(voice, style):
        why = "Nobody sings with the voice in this style, so blend and spread are heard nowhere; --company brings somebody."
        result.append(decided("backing voices", "none", why, confidence=0.7))
    return tuple(result)


def _usual(voice: Voice, style: VoicesStyle) -> bool:
    """Whether blend and spread are the style's own."""
    return (voice.blend_lu, voice.spread_ms) == (style.blend_lu, style.spread_ms)


def _together(voice: Voice, style: VoicesStyle) -> Decision:
    """How close those who sing along stand to the voice."""
    level = f"{voice.blend_lu:+g} LU against their usual place" if voice.blend_lu else "their usual loudness"
    why = "Takes that differ in time and pitch are heard as several people; closer ones thicken one voice."
    what = f"doubles within {voice.spread_ms:g} ms of the voice, {level}"
    return decided("blend and spread", what, why if _usual(voice, style) else f"You asked for it. {why}", confidence=0.7)
