"""Intent -> Plan: key, tempo, form, energy and harmony; a pure function of the intent (with its seed) and the style."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol
from zlib import crc32

from daiw.errors import PromptError
from daiw.music.cues import Cues
from daiw.music.decision import Decision
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent
from daiw.music.lyrics import SungLine, Voice
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.roman import chord_of
from daiw.music.score import Timeline
from daiw.music.styles.plan import PlanStyle
from daiw.music.time import TICKS_PER_QUARTER, Meter, TempoMap
from daiw.planning.chance import generator
from daiw.planning.choices import choose_arc, choose_bpm, choose_cues, choose_key, choose_meter, decided
from daiw.planning.colour import Appetite, Bars
from daiw.planning.emotion import cues_of
from daiw.planning.endings import Ending, ended, ending_decision, ending_of
from daiw.planning.form import (
    CHARTED_ENERGY,
    DENSITY_SHIFT,
    SECTION_ENERGY,
    Block,
    energies,
    entries_of,
    journey,
    letters,
    on_the_way,
    roles_in,
    with_all,
)
from daiw.planning.grammar import HOME
from daiw.planning.harmony import appetite, joined, loops, section_appetites, spans
from daiw.planning.openness import opened, sections_opened, turned
from daiw.planning.outline import FEATURED_FROM, FormWriter, choose_form, choose_roles
from daiw.planning.tempo import tempo_map
from daiw.planning.title import title_of
from daiw.planning.voices import accompanied, voice_decisions, with_voices
from daiw.verse.draft import SCHEMES, Job, draft
from daiw.verse.endpoint import configured, draft_elsewhere
from daiw.verse.sections import Said, assigned, form_of, line_spans, said
from daiw.verse.syllables import Pronounce
from daiw.words.hygiene import english_share

FEWEST_WORDS, MOSTLY_ENGLISH = 4, 0.6
"""From so many words on a text shows its language; below this share of English it is another."""


class Harmonist(Protocol):
    """Writes the progressions of a song's sections."""

    @property
    def decisions(self) -> Sequence[Decision]:
        """What it has to say about the progressions it wrote last; may be empty."""
        ...

    def loops(
        self, blocks: Sequence[Block], mode: str, meter: Meter, style: PlanStyle, tastes: Mapping[str, Appetite], *, arc: str, seed: int
    ) -> Mapping[str, Bars] | None:
        """Section name -> its loop, as `planning.harmony.loops` would give; None where it cannot.  tastes: of each kind of section."""

    def form(
        self, bars: int, mode: str, meter: Meter, style: PlanStyle, taste: Appetite, seed: int
    ) -> tuple[tuple[Block, ...], Decision] | None:
        """The sections of a song of exactly so many bars and why; None where it knows no such songs."""


def plan(
    intent: Intent, style: PlanStyle, *, preset: str, voice: Voice | None = None, pronounce: Pronounce | None = None,
    harmonist: Harmonist | None = None,
) -> Plan:  # fmt: skip
    """Lay the song out: everything the composer must obey.

    voice: who sings; None where nobody does.  pronounce: how words sound, for an intent with lyrics; the form then follows these.
    harmonist: writes the progressions in place of the style's own vocabulary and grammar.
    Same intent (with its seed), style and preset name, same plan.  Raises PromptError for wishes that no song can meet and for lyrics
    that do not fit the song, and TheoryError for a key that cannot be spelled.
    """
    plain = cues_of(intent.emotion)
    meter, meter_decision = choose_meter(intent, style)
    bpm, bpm_decision = choose_bpm(intent, style, plain)
    key, key_decisions = choose_key(intent, style, plain)
    cues, cue_decisions = choose_cues(intent, plain, key)
    cues = opened(cues, turned(intent.wishes.openness), turned(intent.wishes.conflict))
    arc, arc_decision = choose_arc(intent, style)
    lyrics = said(intent.lyrics, pronounce) if intent.lyrics is not None and voice is not None and pronounce is not None else ()
    follow = partial(_form_of_lyrics, lyrics, meter, bpm) if lyrics else None
    written = _form_writer(harmonist, key, meter, intent, style, cues)
    blocks, form_decisions = choose_form(intent, style, arc, bpm, meter, follow, written)
    roles, featured, roles_decision = choose_roles(intent, style)

    goal = intent.destination
    kinds = CHARTED_ENERGY if harmonist else SECTION_ENERGY
    energy = energies(blocks, arc, intent.emotion.arousal, goal.arousal if goal else None, kinds)
    energy, feelings = sections_opened(energy, journey(intent.emotion, arc, blocks, energy, goal), intent.wishes)
    made, ending, harmony, told = _harmonised(blocks, feelings, key, meter, intent, style, arc, cues, preset, harmonist)
    entries = entries_of(style.entries, intent.emotion.arousal)
    entries |= {role: min(FEATURED_FROM, entries[role]) for role in featured}
    cast = with_all([roles_in(block.name, level, roles, entries) for block, level in zip(blocks, energy, strict=True)], energy, roles)
    sections, start = list[Section](), 0
    for block, letter, level, point, playing in zip(blocks, letters([b.name for b in blocks]), energy, feelings, cast, strict=True):
        density = min(1.0, max(0.0, cues_of(point).density + cues.density - plain.density + DENSITY_SHIFT[block.name]))
        sections.append(Section(block.name, letter, start, block.bars, level, point, round(max(0.08, density), 3), playing))
        start += block.bars

    words: tuple[SungLine, ...] = ()
    sung_decisions: tuple[Decision, ...] = ()
    if voice is not None:
        words = assigned(lyrics, [section.name for section in sections]) if lyrics else ()
        for index, section in enumerate(sections):
            line_spans([line for line in words if line.section == index], section.bars, meter, bpm)  # refuses what cannot be sung
        sung, roles = with_voices(
            sections, roles, style.vocal, words, intent.wishes.breaks, companions=bool(voice.name), company=intent.wishes.company
        )
        sections = list(sung)
        voice = accompanied(voice, style.vocal, intent.wishes)
        sung_decisions = voice_decisions(
            voice, sections, words, style.vocal, sings=intent.wishes.sung is not False, company=intent.wishes.company
        )

    fixed = intent.wishes.bpm is not None or intent.wishes.minutes is not None
    tempos = tempo_map(sections, bpm, meter, 0.0 if fixed else style.rubato)
    return Plan(
        title=title_of(intent.prompt, intent.emotion, intent.seed),
        key=key,
        meter=meter,
        timeline=_timeline(tempos, meter, key, sections),
        arc=arc,
        sections=tuple(sections),
        harmony=harmony,
        roles=roles,
        cues=cues,
        seed=intent.seed,
        preset=preset,
        decisions=(
            bpm_decision, *key_decisions, *cue_decisions, meter_decision, arc_decision, *form_decisions, roles_decision,
            *told,
            *_progression_decisions(made, blocks, key), ending_decision(ending, intent, arc, blocks), *sung_decisions,
        ),
        with_instruments=intent.wishes.with_instruments,
        without_instruments=intent.wishes.without_instruments,
        voice=voice,
        words=words,
        lead=style.vocal.lead,
        breaks=intent.wishes.breaks if voice is not None else (),
    )  # fmt: skip


def _form_writer(harmonist: Harmonist | None, key: Key, meter: Meter, intent: Intent, style: PlanStyle, cues: Cues) -> FormWriter | None:
    """The harmonist's way to write a form for this song."""
    if harmonist is None:
        return None
    taste = appetite(style, intent.emotion, cues)
    return lambda bars: harmonist.form(bars, key.mode, meter, style, taste, intent.seed)


class Nearby(Protocol):
    """Knows how near texts are in meaning."""

    def nearness(self, text: str, others: Sequence[str]) -> tuple[float, ...]:
        """How near each other text is, -1..1."""
        ...


class Writers(Protocol):
    """What a draft needs: how words sound, and how near texts are in meaning."""

    @property
    def pronounce(self) -> Pronounce:
        """A line's words -> their phonemes."""
        ...

    @property
    def reader(self) -> Nearby:
        """Who knows how near texts are."""
        ...


def draft_of(intent: Intent, style: PlanStyle, writers: Writers) -> Intent:
    """The intent with drafted lyrics, for the meter, tempo and arc that `plan` will choose.

    Raises PromptError where prompt or answers say nothing that could be sung, or say it in another language than ours.
    """
    plain = cues_of(intent.emotion)
    meter, _ = choose_meter(intent, style)
    bpm, _ = choose_bpm(intent, style, plain)
    arc, _ = choose_arc(intent, style)
    bar_s = meter.bar_ticks / TICKS_PER_QUARTER * 60.0 / bpm
    bars = intent.wishes.bars or (intent.wishes.minutes or style.minutes) * 60.0 / bar_s
    room = bars * bar_s / 15.0  # four lines at an easy pace
    rounds = 1 if room < 4 else 2 if room < 9 else 3
    told = intent.interview.told if intent.interview else (("", intent.prompt),)
    job = Job(arc, meter, bpm, intent.seed, rounds, bridge=room >= 7)
    if endpoint := configured():
        wanted = f"Form: {rounds} verses, each followed by the same chorus. Lines of 7 to 9 syllables, {SCHEMES[arc]} rhymes, {bpm:g} bpm."
        lyrics, decisions = draft_elsewhere("\n".join(answer for _, answer in told), wanted, endpoint)
    else:
        text = " ".join(answer for _, answer in told)
        if len(text.split()) >= FEWEST_WORDS and english_share(text) < MOSTLY_ENGLISH:
            raise PromptError("the draft is written in English and the prompt seems not to be: give your words with --lyrics FILE")
        lyrics, decisions = draft(told, job, writers.pronounce, writers.reader.nearness)
    return replace(intent, lyrics=lyrics, decisions=(*intent.decisions, *decisions))


def _form_of_lyrics(lyrics: Sequence[Said], meter: Meter, bpm: float, bars: int | None) -> tuple[tuple[str, int], ...]:
    """The form that sings the lyrics in their order."""
    return form_of(lyrics, meter, bpm, bars=bars)


def reharmonise(plan: Plan, intent: Intent, style: PlanStyle, *, harmonist: Harmonist | None = None) -> Plan:
    """The plan with new chords from the intent's seed; form, energy, tempo, meter, key and roles stay.  harmonist: as in `plan`."""
    blocks = tuple(Block(section.name, section.bars) for section in plan.sections)
    feelings = [section.emotion for section in plan.sections]
    made, ending, harmony, told = _harmonised(
        blocks, feelings, plan.key, plan.meter, intent, style, plan.arc, plan.cues, plan.preset, harmonist
    )
    old = ("progression of", "harmony of the")
    kept = tuple(d for d in plan.decisions if not d.subject.startswith(old) and d.subject != "ending")
    new = (*told, *_progression_decisions(made, blocks, plan.key), ending_decision(ending, intent, plan.arc, blocks))
    return replace(plan, harmony=harmony, seed=intent.seed, decisions=(*kept, *new))


def _harmonised(
    blocks: Sequence[Block], feelings: Sequence[Emotion], key: Key, meter: Meter, intent: Intent, style: PlanStyle, arc: str, cues: Cues,
    preset: str, harmonist: Harmonist | None,
) -> tuple[Mapping[str, Bars], Ending, tuple[ChordSpan, ...], Sequence[Decision]]:  # fmt: skip
    """Each section's loop, how the song ends, its chords from the first tick to the last, and what the harmonist says of them.

    feelings: of each block, by which a harmonist colours its kind of section; the style's own progressions follow the song's.
    """
    taste = appetite(style, intent.emotion, cues)
    seed = crc32(f"{intent.seed} {preset}".encode())  # two styles with the same seed do not share their harmony
    tastes = section_appetites(blocks, feelings, style, intent.emotion, cues)
    written = harmonist.loops(blocks, key.mode, meter, style, tastes, arc=arc, seed=seed) if harmonist else None
    made = written if written is not None else loops(blocks, key.mode, style, taste, arc=arc, seed=seed)
    at_the_end = on_the_way(intent.emotion, intent.destination, 1.0)
    ending = ending_of(key.mode, at_the_end, arc, style, taste, generator(seed, "ending"))
    by_section = joined(blocks, made, key.mode, style, taste, seed)
    by_section[-1] = ended(by_section[-1], ending, HOME[key.mode])
    told = tuple(harmonist.decisions) if harmonist and written is not None else ()
    return made, ending, spans(tuple(bar for bars in by_section for bar in bars), key, meter), told


def _timeline(tempos: TempoMap, meter: Meter, key: Key, sections: Sequence[Section]) -> Timeline:
    """Tempo, meter and key from the first tick, and a marker at each section."""
    ticks = meter.bar_ticks
    markers = tuple((section.start_bar * ticks, section.name) for section in sections)
    return Timeline(tempos, ((0, meter),), ((0, key),), markers, (sections[-1].start_bar + sections[-1].bars) * ticks)


def _progression_decisions(made: Mapping[str, Bars], blocks: Sequence[Block], key: Key) -> tuple[Decision, ...]:
    """One decision for each kind of section: its chords, and what they do; frames are told after what they frame."""
    result, told = [], dict[Bars, str]()
    names = dict.fromkeys(block.name for block in blocks)
    for name in sorted(names, key=lambda name: name in ("intro", "outro", "breakdown", "solo")):
        bars = made[name]
        chords = " | ".join(" ".join(str(chord_of(numeral, key)) for numeral in bar) for bar in bars)
        numerals = " | ".join(" ".join(bar) for bar in bars)
        if bars in told:
            because = f"The {name} shares the harmony of the {told[bars]}, so that it is heard as the same place."
        else:
            told[bars] = name
            because = f"In {key} the {name} goes {numerals}: {_character(bars, key)}."
        result.append(decided(f"progression of the {name}", chords, because, evidence=numerals, confidence=0.6))
    return tuple(result)


def _character(bars: Bars, key: Key) -> str:
    """What a progression does, in a clause."""
    chords = [chord_of(numeral, key) for bar in bars for numeral in bar]
    opens = "it starts at home" if chords[0].root == key.tonic else "it starts away from home"
    outside = [chord for chord in chords if not set(chord.pitch_classes) <= key.pitch_classes]
    lent = f", borrows {outside[0]} from outside" if outside else ""
    if (chords[-1].root.number - key.tonic.number) % 12 == 7:
        return f"{opens}{lent} and ends asking to go back"
    if chords[-1].root == chords[0].root or chords[-1].root == key.tonic:
        return f"{opens}{lent} and closes its circle"
    return f"{opens}{lent} and turns round without a full stop"
