"""Who sings where: the voices of a song join its sections, and the tune's instrument makes room."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.music.decision import Decision
from daiw.music.lyrics import SungLine, Voice
from daiw.music.plan import Section
from daiw.music.rules import RuleBreak, amount_of
from daiw.music.styles.plan import VoicesStyle
from daiw.planning.choices import decided

TUNEFUL = ("verse", "pre-chorus", "chorus", "bridge", "drop")
"""Sections that a voice without words sings in."""

HARMONISED = ("chorus", "drop")
BACKING = ("backing",)
DOUBLES = ("double left", "double right")
LEADS = {
    "rest": "the {lead} keeps silent while the voice sings and plays where it does not",
    "answer": "the {lead} answers between the lines and plays where nobody sings",
    "double": "the {lead} plays softly along with the voice",
}


def with_voices(
    sections: Sequence[Section],
    roles: Sequence[str],
    style: VoicesStyle,
    words: Sequence[SungLine],
    breaks: tuple[RuleBreak, ...],
    *,
    companions: bool = True,
) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """The sections with those who sing in them, and the song's roles, the voice first and its companions last.

    words: empty where vowels are sung.  companions: whether others may sing along.
    """
    with_words = {line.section for line in words}
    doubled = amount_of(breaks, "DoubledVocal") > 0 or amount_of(breaks, "ConflictingTimbres") > 0
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
        if companions and section.name in HARMONISED and section.energy >= style.backing_from:
            extra += BACKING
        if companions and (doubled or section.energy >= style.doubled_from):
            extra += DOUBLES
        result.append(replace(section, roles=("vocal", *others, *extra)))
    heard = {role for section in result for role in section.roles}
    ordered = tuple(role for role in ("vocal", *roles, *BACKING, *DOUBLES) if role in heard)
    return tuple(result), ordered


def voice_decisions(
    voice: Voice, sections: Sequence[Section], words: Sequence[SungLine], style: VoicesStyle, *, sings: bool
) -> tuple[Decision, ...]:
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
    harmonised = sum("backing" in section.roles for section in sung)
    doubles = sum("double left" in section.roles for section in sung)
    if harmonised or doubles:
        parts = [f"harmony in {harmonised} sections"] * bool(harmonised) + [f"doubles in {doubles} sections"] * bool(doubles)
        result.append(decided("backing voices", ", ".join(parts), "Choruses with enough energy are sung by more than one.", confidence=0.7))
    return tuple(result)
