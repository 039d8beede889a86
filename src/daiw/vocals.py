"""Any notes with words, sung: a MIDI file or a score in, one dry vocal out."""

from dataclasses import dataclass, replace
from pathlib import Path

from daiw.errors import FileFormatError, PromptError
from daiw.files.midi import read_midi
from daiw.files.musicxml_read import read_musicxml
from daiw.music.audio import SAMPLE_RATE_HZ, Audio
from daiw.music.lyrics import Lyrics
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.vocal_line import CURVES, STEP_S, VocalLine
from daiw.studio import Studio

SCORES = (".musicxml", ".xml", ".mxl")
LIKELY = ("vocal", "voice", "vox", "melody", "lead", "sing", "soprano", "alto", "tenor")


@dataclass(frozen=True, slots=True)
class Vocal:
    """What was sung.

    track: with the words on its notes.  voice: a manifest.  audio: dry, 48 kHz.  lines: the curves it was sung from, none where an
    instrument stood in for the voice.  shift: semitones it was moved by.  strained: how many notes lie outside the voice's range all the
    same; they are sung as written.  span: that range, MIDI.
    """

    track: Track
    timeline: Timeline
    voice: str
    audio: Audio
    lines: tuple[VocalLine, ...]
    shift: int
    strained: int = 0
    span: tuple[int, int] = (0, 127)

    @property
    def curves(self) -> list[dict[str, object]]:
        """Every breath as plain numbers: sounds with times, and the curves, a point every `step_s`."""
        return [
            {
                "start_s": round(line.start_s, 4),
                "step_s": STEP_S,
                "phonemes": [[sound.symbol, round(sound.start_s, 4), round(sound.end_s, 4)] for sound in line.phonemes],
                "breath_s": [round(time, 4) for time in line.breath_s],
                **{name: [round(float(value), 3) for value in getattr(line, name)] for name in CURVES},
            }
            for line in self.lines
        ]


def sing(
    file: Path, *, lyrics: Lyrics | None = None, voice: str | None = None, track: str | None = None, studio: Studio | None = None
) -> Vocal:
    """Sing a .mid, .musicxml, .xml or .mxl.

    lyrics: words for its melody, in place of its own.  voice: a manifest of kind "voice".  track: which one; else the one with words,
    or the one whose name says so, or the highest.
    Raises FileFormatError for a file without notes, PromptError for an unknown track or voice and where there are no words at all.
    """
    studio = studio or Studio()
    arrangement = read_musicxml(file).arrangement if file.suffix.lower() in SCORES else read_midi(file)
    chosen = chosen_track(arrangement, track, str(file))
    who = studio.voice(voice)
    notes = chosen.notes
    if lyrics is not None:
        notes = _with_words(notes, lyrics, arrangement.timeline, studio)
    elif not any(note.lyric for note in notes):
        raise PromptError(f"{file}: {chosen.role!r} has no words; give them with --lyrics FILE")
    from daiw.host.instruments import open_instrument
    from daiw.host.singer import Singer, octave_shift

    sung = replace(chosen, role="vocal", instrument=who.name, notes=notes, drums=False)
    instrument = open_instrument(who.name, studio.manifests)
    audio = instrument(sung, arrangement.timeline, SAMPLE_RATE_HZ)
    lines = instrument.engine.lines(sung, arrangement.timeline) if isinstance(instrument.engine, Singer) else ()
    shift = octave_shift(notes, who.low, who.high)
    strained = sum(not who.low <= note.pitch + shift <= who.high for note in notes)
    return Vocal(sung, arrangement.timeline, who.name, audio, lines, shift, strained, (who.low, who.high))


def chosen_track(arrangement: Arrangement, name: str | None, where: str) -> Track:
    """The track to sing."""
    tracks = [track for track in arrangement.tracks if track.notes and not track.drums]
    if not tracks:
        raise FileFormatError(f"{where} has no notes to sing")
    if name is not None:
        found = [track for track in tracks if track.role.casefold() == name.casefold()]
        if not found:
            raise PromptError(f"{where} has no track {name!r}; tracks are {', '.join(track.role for track in tracks)}")
        return found[0]

    def fitness(track: Track) -> tuple[int, bool, float]:
        height = sum(note.pitch * note.duration for note in track.notes) / sum(note.duration for note in track.notes)
        named = any(word in track.role.casefold() for word in LIKELY)
        return sum(1 for note in track.notes if note.lyric), named, height

    return max(tracks, key=fitness)


def _with_words(notes: tuple[Note, ...], lyrics: Lyrics, timeline: Timeline, studio: Studio) -> tuple[Note, ...]:
    """The tune with these words, in order; the notes' own words are dropped."""
    from daiw.singing.sung import one_voice
    from daiw.verse.sections import said
    from daiw.verse.setting import set_words

    tune = [replace(note, lyric="", phonemes=()) for note in one_voice(notes)]
    lines = [line for section in said(lyrics, studio.pronounce) for line in section.lines]
    return set_words(tune, lines, timeline.meter(0), min(change.bpm for change in timeline.tempos.changes))
