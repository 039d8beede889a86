"""The voices around the voice: a harmony that follows the chords, takes of the same line left and right, and what the lead plays."""

from collections.abc import Sequence
from dataclasses import replace

from daiw.composer.chords import clip_velocity
from daiw.composer.counter import write_counter
from daiw.composer.line import heard_chord
from daiw.composer.pulse import QUARTER, weight
from daiw.composer.scale import chord_scale, key_at
from daiw.composer.vocal import sung_tune
from daiw.music.lyrics import HELD, Voice
from daiw.music.plan import Plan
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle
from daiw.verse.sung_notes import beside

THIRD, SIXTH = (3, 4, 5), (-8, -9, -7)
"""Semitones from the voice to its companion, best first; a fourth or a fifth where the chord wants it."""

SWEET = (3, 4, 8, 9)
"""Thirds and sixths, which may lie outside the chord off the beat; other intervals may not."""

BARE = 1.0
"""What a fourth or a fifth costs, in the measure of `companion`."""

LOW_THIRD = (-3, -4, -5)
"""The same below the voice."""

SOFTER = 10
"""Velocity by which companions stay under the voice."""

ANSWER_ROOM, PAUSE, STEP, LINGER = 2 * QUARTER, QUARTER // 4, QUARTER // 2, QUARTER
"""Ticks: the least rest that is answered, the silence around an answer, one syllable of it, how far its last one is held on."""

ANSWER_ABOVE, MOST_ECHOED = 3, 3
"""Semitones that answers aim above the word they echo; syllables of the longest word that is."""


def write_vocal(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `vocal`, its words on its notes; the voice leads, so `earlier` is not consulted."""
    return Part("vocal", sung_tune(plan, style)[0])


def write_lead(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `melody` in a sung song: the tune where nobody sings, and what the sections ask of it elsewhere."""
    ticks = plan.meter.bar_ticks
    alone = [section for section in plan.sections if "vocal" not in section.roles and "melody" in section.roles]
    both = [section for section in plan.sections if "vocal" in section.roles and "melody" in section.roles]
    played = sung_tune(plan, style)[1] if alone else ()
    if not both:
        return Part("melody", played)
    sung = _voice(plan, style, earlier)
    spans = [(section.start_bar * ticks, (section.start_bar + section.bars) * ticks) for section in both]
    if plan.lead == "double":
        along = [note for note in sung if any(a <= note.start < b for a, b in spans)]
        line = [replace(note, lyric="", phonemes=(), velocity=clip_velocity(note.velocity - 2 * SOFTER)) for note in along]
    else:
        answers = replace(style, counter=replace(style.counter, manner="answer", low=52, high=81))
        asking = replace(plan, sections=tuple(replace(s, roles=("counter",) if s in both else ()) for s in plan.sections))
        line = list(beside(write_counter(asking, answers, (Part("vocal", sung),)).notes, sung))
    return Part("melody", tuple(sorted([*played, *line])))


def write_backing(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `backing`: the words of `vocal` a third above or a sixth below it, on chord tones where the beat is strong."""
    return _harmony(plan, style, "backing", earlier, (THIRD, SIXTH) if style.vocal.backing == "thirds" else (SIXTH, THIRD), ())


def write_second(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `backing low`: a harmony on the other side of the voice, never on the pitch of the first."""
    first = next((part for part in earlier if part.role == "backing"), None) or write_backing(plan, style, earlier)
    return _harmony(plan, style, "backing low", earlier, (SIXTH, LOW_THIRD) if style.vocal.backing == "thirds" else (THIRD,), first.notes)


def _harmony(
    plan: Plan, style: ComposeStyle, role: str, earlier: tuple[Part, ...], kinds: Sequence[Sequence[int]], taken: Sequence[Note]
) -> Part:
    """The voice's words on its companion's pitches, by the first of `kinds` that gives one.  taken: another companion's notes."""
    assert plan.voice is not None
    elsewhere = {note.start: note.pitch for note in taken}
    notes: list[Note] = []
    for note in _sung_in(plan, style, role, earlier):
        options = (companion(plan, note, kind, plan.voice, notes, elsewhere.get(note.start)) for kind in kinds)
        pitch = next((option for option in options if option is not None), None)
        if pitch is not None:
            notes.append(replace(note, pitch=pitch, velocity=clip_velocity(note.velocity - SOFTER)))
    return Part(role, _with_words(notes))


def write_adlibs(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `ad-libs`: where the voice rests after a line, its last word comes back, once, on tones of the chord."""
    assert plan.voice is not None
    sung = _sung_in(plan, style, "ad-libs", earlier)
    every = _voice(plan, style, earlier)
    starts = sorted(note.start for note in every)
    notes: list[Note] = []
    for number, last in enumerate(sung):
        if number + 1 < len(sung) and sung[number + 1].start - last.end < ANSWER_ROOM:
            continue
        word = _last_word(sung[: number + 1])
        start = -(-(last.end + PAUSE) // STEP) * STEP
        until = next((tick for tick in starts if tick > last.start), plan.timeline.end) - PAUSE
        until = min(until, plan.timeline.end)
        if not word or start + len(word) * STEP > until or "ad-libs" not in plan.section_at(start // plan.meter.bar_ticks).roles:
            continue
        for place, note in enumerate(word):
            at, ends = (
                start + place * STEP,
                start + (place + 1) * STEP if place + 1 < len(word) else min(until, start + len(word) * STEP + LINGER),
            )
            pitch = _answering(plan, at, ends - at, note.pitch + ANSWER_ABOVE, plan.voice)
            notes.append(replace(note, start=at, duration=ends - at, pitch=pitch, velocity=clip_velocity(note.velocity - SOFTER)))
    return Part("ad-libs", tuple(notes))


def _last_word(sung: Sequence[Note]) -> tuple[Note, ...]:
    """The notes of the last word, held tones left out; empty where it has more than three syllables or is no word."""
    own = [note for note in sung if (note.lyric and note.lyric != HELD) or note.phonemes]
    word: list[Note] = []
    for note in reversed(own):
        if word and not note.lyric.endswith("-"):
            break
        word.insert(0, note)
    return tuple(word) if len(word) <= MOST_ECHOED else ()


def _answering(plan: Plan, start: int, duration: int, near: int, voice: Voice) -> int:
    """The tone of the chord that lies nearest to a pitch, in the voice's range."""
    chord = heard_chord(plan, start, duration)
    tones = [pitch for pitch in range(voice.low, voice.high + 1) if pitch % 12 in chord.pitch_classes]
    return min(tones, key=lambda pitch: (abs(pitch - near), pitch)) if tones else near


def write_double(plan: Plan, style: ComposeStyle, role: str, earlier: tuple[Part, ...]) -> Part:
    """Another take of `vocal`."""
    takes = [replace(note, velocity=clip_velocity(note.velocity - 4)) for note in _sung_in(plan, style, role, earlier)]
    return Part(role, _with_words(takes))


def companion(
    plan: Plan, note: Note, intervals: Sequence[int], voice: Voice, before: Sequence[Note], taken: int | None = None
) -> int | None:
    """The harmony's pitch for a note of the voice: in the chord's scale, in the chord on beats, reached smoothly; None out of range.

    taken: a pitch class that somebody else sings at that moment is left to them.
    """
    chord = heard_chord(plan, note.start, note.duration)
    scale = chord_scale(key_at(plan, note.start), chord)
    options = []
    for rank, interval in enumerate((*intervals, *((7,) if intervals[0] > 0 else (-5, -4)))):
        pitch = note.pitch + interval
        if not voice.low <= pitch <= voice.high or pitch % 12 not in scale or (taken is not None and pitch % 12 == taken % 12):
            continue
        outside = pitch % 12 not in chord.pitch_classes
        if outside and abs(interval) not in SWEET:
            continue
        cost = 0.4 * rank + BARE * (abs(interval) not in SWEET) + outside * (2.0 if weight(plan.meter, note.start) >= 1 else 0.6)
        cost += 0.15 * abs(pitch - before[-1].pitch) if before else 0.0
        options.append((cost, rank, pitch))
    return min(options)[2] if options else None


def _sung_in(plan: Plan, style: ComposeStyle, role: str, earlier: tuple[Part, ...]) -> list[Note]:
    """The voice's notes in the sections that list `role`."""
    ticks = plan.meter.bar_ticks
    return [note for note in _voice(plan, style, earlier) if role in plan.section_at(note.start // ticks).roles]


def _voice(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> tuple[Note, ...]:
    """The voice's notes, as written before or else anew."""
    return next((part.notes for part in earlier if part.role == "vocal"), None) or sung_tune(plan, style)[0]


def _with_words(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes without a melisma that lacks its syllable."""
    result: list[Note] = []
    for note in notes:
        if note.lyric == HELD and not note.phonemes and (not result or result[-1].end < note.start):
            continue
        result.append(note)
    return tuple(result)
