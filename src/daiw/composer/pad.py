"""The pad: long voice-led chords, common tones held across changes, struck again where a loud section swells."""

from daiw.composer.chords import clip_velocity, deep_root, is_last_return, section_velocity, split_at_chords, tunes_over, voice_spans
from daiw.composer.voicing import clear_of
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle

RESTRIKE_ENERGY = 0.66
HEARD_SHARE = 0.12
"""Share of a chord's time from which a tone of the tune is heard against the pad; a voice a semitone from it is left out."""


def write_pad(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `pad`."""
    own = style.pad
    tunes = tunes_over(plan.harmony, earlier)
    voicings = [
        clear_of(voices, {pitch for pitch, share in tune if share >= HEARD_SHARE})
        for voices, tune in zip(voice_spans(plan, own, tunes), tunes, strict=True)
    ]
    notes: list[Note] = []
    for section in plan.sections:
        if "pad" not in section.roles:
            continue
        level = section_velocity(own.velocity, section.energy, plan)
        sounding: dict[int, tuple[int, int, int]] = {}
        breaths = _breaths(plan, section, own.swell)
        for start, end, index in _strokes(plan, section, breaths):
            bars_in = (start // plan.meter.bar_ticks - section.start_bar) % 4
            velocity = clip_velocity(level + 14 * own.swell * (bars_in / 3 - 0.5))
            voices = set(voicings[index])
            if is_last_return(plan, section):
                voices.update(deep_root(plan.harmony[index].chord, voicings[index]))
            for pitch in sorted(set(sounding) if start in breaths else set(sounding) - voices):
                notes.append(_note(pitch, sounding.pop(pitch)))
            for pitch in sorted(voices):
                first, _, loud = sounding.get(pitch, (start, end, velocity))
                sounding[pitch] = (first, end, loud)
        notes += [_note(pitch, stretch) for pitch, stretch in sorted(sounding.items())]
    return Part("pad", tuple(sorted(notes)))


def _note(pitch: int, stretch: tuple[int, int, int]) -> Note:
    """A held voice as a note."""
    start, end, velocity = stretch
    return Note(start, end - start, pitch, velocity)


def _breaths(plan: Plan, section: Section, swell: float) -> range:
    """Ticks at which every voice is struck anew: each four bars, each two where a loud section swells."""
    bar = plan.meter.bar_ticks
    step = (2 if swell > 0 and section.energy >= RESTRIKE_ENERGY else 4) * bar
    return range(section.start_bar * bar, (section.start_bar + section.bars) * bar, step)


def _strokes(plan: Plan, section: Section, breaths: range) -> list[tuple[int, int, int]]:
    """(start, end, span index) of each change of chord or breath."""
    last = (section.start_bar + section.bars) * plan.meter.bar_ticks
    strokes: list[tuple[int, int, int]] = []
    for start in breaths:
        strokes += split_at_chords(plan, start, min(last, start + breaths.step))
    return strokes
