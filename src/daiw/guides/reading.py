"""Guides by their options, read into what is given and what is wished for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from daiw.errors import PromptError
from daiw.guides.chords import parse_chords
from daiw.guides.midi import Guide, drums_of, feel_of, read_guide, tune_of, without_silence
from daiw.guides.roles import roles_of
from daiw.measure.key import key_of_chords, key_of_notes
from daiw.music.chord import Chord
from daiw.music.decision import Decision
from daiw.music.given import GUIDED, Given
from daiw.music.intent import Wishes
from daiw.music.pitch import Key
from daiw.music.score import Note, Part
from daiw.music.time import TICKS_PER_QUARTER, Meter
from daiw.planning.harmonise import harmonise

SPARSE, DENSE = 0.4, 2.1
"""Notes a quarter of a tune of density 0 and 1; the corpus's mean, 1.16, is then .45, as a feeling's middle is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guides:
    """Where guides are.

    melody, groove, going_on, like: MIDI files: a tune to keep, a groove to play, a beginning to go on from, an example of style.
    hum: a sound file with a tune in it.  chords: symbols, "F C Am Bb" or "F | C G | Am".
    """

    melody: str | Path | None = None
    chords: str | None = None
    groove: str | Path | None = None
    going_on: str | Path | None = None
    hum: str | Path | None = None
    like: str | Path | None = None

    def __bool__(self) -> bool:
        return any((self.melody, self.chords, self.groove, self.going_on, self.hum, self.like))


def read_guides(guides: Guides, wishes: Wishes) -> tuple[Given, Wishes]:
    """What was given, and the wishes with what the guides say where nothing was asked for: tempo, key, meter, length.

    Raises PromptError where guides contradict each other or cannot be followed, FileFormatError where a file cannot be read.
    """
    tunes = [name for name, value in (("--melody", guides.melody), ("--hum", guides.hum), ("--continue", guides.going_on)) if value]
    if len(tunes) > 1:
        raise PromptError(f"{' and '.join(tunes)} both give a tune; choose one")
    given = Given()
    if guides.like:
        given, wishes = _like(read_guide(guides.like, "style"), wishes)
    if guides.groove:
        given, wishes = _groove(read_guide(guides.groove, "groove"), given, wishes)
    bars = parse_chords(guides.chords) if guides.chords else ()
    if guides.melody:
        guide = read_guide(guides.melody, "melody")
        wishes = replace(wishes, meter=wishes.meter or guide.meter, bpm=_tempo(wishes, guide.bpm))
        given, wishes = _tune(tune_of(guide), f"{Path(guides.melody).name}", bars, given, wishes)
    elif guides.hum:
        from daiw.guides.hum import hummed

        tune = hummed(Path(guides.hum), wishes.bpm, wishes.meter or Meter())
        wishes = replace(wishes, meter=wishes.meter or Meter(), bpm=_tempo(wishes, tune.bpm))
        given, wishes = _tune(tune.notes, f"{Path(guides.hum).name}, hummed", bars, given, wishes)
    elif guides.going_on:
        given, wishes = _beginning(read_guide(guides.going_on, "beginning"), bars, given, wishes)
    elif bars:
        key = wishes.key or key_of_chords([chord for bar in bars for chord in bar])
        wishes = replace(wishes, key=key)
        given = replace(given, harmony=bars, told=(*given.told, ("chords", _said(bars))))
    return given, wishes


def guided(decisions: Sequence[Decision], asked: Wishes, wishes: Wishes) -> tuple[Decision, ...]:
    """The decisions on wishes, those for which the guides spoke where nobody else `asked` being told as theirs."""
    theirs = {name for name in ("bpm", "key", "meter", "bars") if getattr(asked, name) is None and getattr(wishes, name) is not None}
    return tuple(
        replace(decision, because="what you gave has it", evidence=GUIDED)
        if decision.subject in theirs and decision.stage == "understand"
        else decision
        for decision in decisions
    )


def _tempo(wishes: Wishes, bpm: float) -> float | None:
    """The wish, else the guide's tempo; a length in minutes leaves it open."""
    return wishes.bpm or (round(bpm, 3) if wishes.minutes is None else None)


def _tune(notes: Sequence[Note], source: str, chords: Sequence[tuple[Chord, ...]], given: Given, wishes: Wishes) -> tuple[Given, Wishes]:
    """A tune with its key, its length and its chords."""
    meter = wishes.meter or Meter()
    moved, bars = without_silence(notes, meter)
    if wishes.bars is not None and wishes.bars < bars:
        raise PromptError(f"the tune lasts {bars} bars and the song shall have {wishes.bars}; leave --bars out, or ask for {bars} or more")
    key = wishes.key or key_of_notes(moved)
    harmony = tuple(chords) or harmonise(moved, _plain(key), meter, bars)
    length = wishes.bars if wishes.bars is not None or wishes.minutes is not None else bars
    told = (("melody", f"{len(moved)} notes in {bars} bars of {key} from {source}"), ("chords", _said(harmony)))
    given = replace(given, melody=moved, melody_bars=bars, harmony=harmony, told=(*given.told, *told))
    return given, replace(wishes, key=key, bars=length)


def _groove(guide: Guide, given: Given, wishes: Wishes) -> tuple[Given, Wishes]:
    """A pattern for the drums, and the feel for everybody."""
    drums, bars = drums_of(guide)
    feel = feel_of(guide)
    played = f"{len(drums)} strokes in {bars} bars" if drums else "timing only"
    told = ("groove", f"{guide.path.name}: {played}, swing {feel.swing_percent:g} %, snare {feel.snare_ms:+g} ms")
    wishes = replace(wishes, bpm=_tempo(wishes, guide.bpm), meter=wishes.meter or guide.meter)
    if wishes.meter != guide.meter:
        raise PromptError(f"{guide.path} is in {guide.meter} and the song in {wishes.meter}; a groove needs its own meter")
    return replace(given, drums=drums, drum_bars=bars, feel=feel, told=(*given.told, told)), wishes


def _beginning(guide: Guide, chords: Sequence[tuple[Chord, ...]], given: Given, wishes: Wishes) -> tuple[Given, Wishes]:
    """The file's parts as the song's first bars, its chords going on."""
    meter = guide.meter
    if wishes.meter not in (None, meter):
        raise PromptError(f"{guide.path} is in {meter}; a song that goes on from it cannot be in {wishes.meter}")
    parts = roles_of(guide)
    first = min(note.start for part in parts for note in part.notes) // meter.bar_ticks * meter.bar_ticks
    parts = tuple(Part(p.role, tuple(sorted(replace(n, start=n.start - first) for n in p.notes))) for p in parts)
    bars = -(-max(note.end for part in parts for note in part.notes) // meter.bar_ticks)
    heard = [note for part in parts if part.role != "drums" for note in part.notes]
    if not heard:
        raise PromptError(f"{guide.path} has only drums; give it as --groove")
    key = wishes.key or key_of_notes(heard)
    wanted = wishes.bars or 2 * bars + (-2 * bars) % 4 if wishes.minutes is None else None
    if wanted is not None and wanted <= bars:
        raise PromptError(f"{guide.path} has {bars} bars already; ask for more than that, or leave --bars out")
    harmony = tuple(chords) or harmonise(heard, _plain(key), meter, bars)
    told = ("beginning", f"{guide.path.name}: {bars} bars of {key}, {', '.join(part.role for part in parts)}; it goes on from there")
    wishes = replace(wishes, key=key, meter=meter, bpm=_tempo(wishes, guide.bpm), bars=wanted)
    return replace(given, opening=parts, opening_bars=bars, harmony=harmony, told=(*given.told, told)), wishes


def _like(guide: Guide, wishes: Wishes) -> tuple[Given, Wishes]:
    """Tempo, key, meter and feel of an example, and how high and how busy its tune is."""
    heard = [note for track in guide.pitched for note in track.notes]
    key = wishes.key or (key_of_notes(heard) if heard else None)
    feel = feel_of(guide)
    register, density = _manner(guide)
    tune = "" if register is None or density is None else f", its tune around MIDI {register:.0f}, density {density:.2f}"
    told = ("style", f"like {guide.path.name}: {guide.bpm:g} bpm, {key}, {guide.meter}, swing {feel.swing_percent:g} %{tune}")
    given = Given(feel=feel, register=register, density=density, told=(told,))
    return given, replace(wishes, key=key, bpm=_tempo(wishes, guide.bpm), meter=wishes.meter or guide.meter)


def _manner(guide: Guide) -> tuple[float | None, float | None]:
    """Register (MIDI, the mean of the tune's pitches) and density (0..1) of a guide's tune; None where it has none.

    A density of 0 is SPARSE notes a quarter in the bars that have any, 1 is DENSE.
    """
    tune = tune_of(guide) if guide.pitched else ()
    if not tune:
        return None, None
    ticks = guide.meter.bar_ticks
    bars = len({note.start // ticks for note in tune})
    per_quarter = len({note.start for note in tune}) / (bars * ticks / TICKS_PER_QUARTER)
    return fmean(note.pitch for note in tune), min(1.0, max(0.0, (per_quarter - SPARSE) / (DENSE - SPARSE)))


def _plain(key: Key) -> Key:
    """The key as major or minor, for the harmoniser."""
    return Key(key.tonic, "minor" if key.minor_third else "major")


def _said(bars: Sequence[tuple[Chord, ...]]) -> str:
    """The chords as one line, cut where it gets long."""
    text = " | ".join(" ".join(map(str, bar)) for bar in bars)
    return text if len(text) <= 160 else text[:157] + "..."
