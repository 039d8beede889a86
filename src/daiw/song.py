"""What the pipeline returns: a song in memory, and the way into its folder."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from daiw.errors import PromptError
from daiw.files.audio import write_flac, write_mp3, write_wav_24, write_wav_float
from daiw.files.dawproject import dawproject_bytes
from daiw.files.folder import file_hashes, new_folder
from daiw.files.lrc import lrc_text
from daiw.files.midi import write_midi
from daiw.files.midi_names import clean_text
from daiw.files.plugins import sounding_plugins, write_plugins
from daiw.files.score import MIX, SCORE, mix_text, score_text
from daiw.files.session import AudioFile, Session
from daiw.files.song import SCHEMA, FileEntry, SongFile, write_song_file
from daiw.music.audio import Master, Mix
from daiw.music.decision import Decision
from daiw.music.intent import Intent
from daiw.music.lyrics import TimedLine, timed
from daiw.music.manifest import PluginRecord
from daiw.music.plan import Plan
from daiw.music.preset import Preset
from daiw.music.score import Arrangement, Score
from daiw.music.take import Edit, Lock, Take

if TYPE_CHECKING:
    from daiw.desk import Desk

FORMATS = ("wav", "flac", "mp3")
SOUNDING = ("numpy", "scipy", "pedalboard", "onnxruntime", "pretty_midi", "soundfile")


def versions() -> dict[str, str]:
    """The versions of daiw, Python and the libraries a song's sound depends on."""
    return {"daiw": version("daiw"), "python": platform.python_version()} | {name: version(name) for name in SOUNDING}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rendering:
    """Played notes and their sound: what `daiw render` makes of any MIDI file.

    instruments: what played, name -> engine, font and manifest hashes.  stage_seconds: wall time of each stage.
    unheard: "role: slot" -> an external plugin that the song wants and that did not sound, as when it was not there.
    """

    title: str
    preset: Preset
    arrangement: Arrangement
    mix: Mix
    master: Master
    instruments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    unheard: Mapping[str, PluginRecord] = field(default_factory=dict)

    @property
    def plugins(self) -> dict[str, PluginRecord]:
        """ "role: slot" -> every external plugin of the song with its state."""
        return {**self.unheard, **sounding_plugins(self.mix.stems)}

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Every decision of every stage, in the order in which they were made."""
        return (*self.arrangement.decisions, *self.mix.decisions, *self.master.decisions)

    def manifest(self) -> SongFile:
        """The song.json of this rendering, before the files are written."""
        return SongFile(
            schema=SCHEMA,
            seed=0,
            versions=versions(),
            preset=self.preset,
            decisions=self.decisions,
            instruments={name: dict(entry) for name, entry in self.instruments.items()},
            measurements=dict(self.master.measurements),
            stage_seconds={name: round(seconds, 3) for name, seconds in self.stage_seconds.items()},
        )

    def remarks(self) -> tuple[str, ...]:
        """Texts for the MIDI file: what made it, and from what."""
        return (f"daiw {version('daiw')}, rendered",)

    def session(self) -> Session:
        """The song as a DAW sees it, its stems in stems/."""
        stems = tuple(
            AudioFile(stem.role, f"stems/{stem.role}.wav", stem.audio.frames, stem.audio.sample_rate, len(stem.audio.samples))
            for stem in self.mix.stems
        )
        players = {track.role: track.instrument for track in self.arrangement.tracks}
        return Session(clean_text(self.title), self.arrangement, stems, version=version("daiw"), strips=self.desk().strips(players))

    def desk(self) -> "Desk":
        """How it was mixed, for another program's mixer."""
        from daiw.desk import Desk

        return Desk(self.preset, None, self.mix.settings, sounding_plugins(self.mix.stems), [stem.role for stem in self.mix.stems])

    def write_words(self, folder: Path) -> None:
        """Write the words with their times; music that we did not set has none."""

    def write_page(self, folder: Path) -> None:
        """Write what explains the music; a stranger's MIDI file needs no explanation."""

    def write_score(self, folder: Path) -> None:
        """Write what an edit starts from; a stranger's MIDI file is edited where it came from."""

    def save(
        self, folder: str | Path, *, formats: Sequence[str] = ("wav",), force: bool = False, finish: Callable[[Path], None] | None = None
    ) -> Path:
        """Write the folder: song.json, song.mid, song.dawproject, stems/<role>.wav, mix.wav, master.wav and, for a Song, score.json,
        mix.json, report.html and, where words are sung, lyrics.lrc.

        The DAW project names the stems where they are.  Stems and mix are 32-bit float, the master is 24-bit.
        formats: any of "flac" and "mp3" beside the master's WAV.
        force: replace a song folder that exists.  The folder is complete or absent.
        finish: called with the new folder when the song is in it, before it takes its place.
        Returns its path; raises OutputError where it cannot be written and PromptError for an unknown format.
        """
        if unknown := set(formats) - set(FORMATS):
            raise PromptError(f"no such format: {', '.join(sorted(unknown))}; formats are {', '.join(FORMATS)}")
        target = Path(folder)
        with new_folder(target, force=force) as inside:
            write_midi(self.arrangement, inside / "song.mid", title=self.title, texts=self.remarks())
            (inside / "stems").mkdir()
            for stem in self.mix.stems:
                write_wav_float(inside / "stems" / f"{stem.role}.wav", stem.audio)
            (inside / "song.dawproject").write_bytes(dawproject_bytes(self.session()))
            write_wav_float(inside / "mix.wav", self.mix.audio)
            write_wav_24(inside / "master.wav", self.master.audio)
            if "flac" in formats:
                write_flac(inside / "master.flac", self.master.audio)
            if "mp3" in formats:
                write_mp3(inside / "master.mp3", self.master.audio)
            write_plugins(self.plugins, inside)
            self.write_score(inside)
            self.write_words(inside)
            self.write_page(inside)
            files = {name: FileEntry(**entry) for name, entry in file_hashes(inside).items()}  # type: ignore[arg-type]
            write_song_file(replace(self.manifest(), files=files), inside)
            if finish:
                finish(inside)
        return target


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Song(Rendering):
    """A song from its first word to its master.

    weights: the networks at work, name -> SHA-256.  composer: who wrote the notes, "reference" or "neural".
    number, edits, locks: which version this is, how every version came about, and what no edit may change.
    """

    intent: Intent
    plan: Plan
    score: Score
    weights: Mapping[str, str] = field(default_factory=dict)
    composer: str = "reference"
    number: int = 1
    edits: tuple[Edit, ...] = ()
    locks: tuple[Lock, ...] = ()

    @property
    def take(self) -> Take:
        """The song without its sound: what an edit starts from."""
        return Take(
            intent=self.intent, preset=self.preset, plan=self.plan, score=self.score, arrangement=self.arrangement,
            composer=self.composer, locks=self.locks, mixing=self.mix.settings,
        )  # fmt: skip

    def remake(
        self, part: str | None = None, *, bars: str | None = None, section: str | None = None, seed: int | None = None, why: str = ""
    ) -> "Song":
        """A new song with some of the notes written anew, as `daiw.editing.remake` does it to a folder; this one stays as it is.

        song = song.remake("melody", bars="9-12", seed=4)
        """
        from daiw.editing.memory import remade
        from daiw.editing.remake import Wanted

        return remade(self, Wanted(part=part, bars=bars, section=section, seed=seed, why=why))

    def vary(self, amount: float, part: str | None = None, *, bars: str | None = None, seed: int | None = None, why: str = "") -> "Song":
        """A new song with about that share (0..1) of the unlocked notes changed."""
        from daiw.editing.memory import remade
        from daiw.editing.remake import Wanted

        return remade(self, Wanted(amount=amount, part=part, bars=bars, seed=seed, why=why))

    def lock(self, what: str) -> "Song":
        """The song with "chords", "bass:9-12", "form" or "harmony" locked against every later edit."""
        from daiw.editing.memory import locked

        return locked(self, what)

    @property
    def timed_words(self) -> tuple[TimedLine, ...]:
        """Every sung line with its words' times; empty where nothing is sung, or the voice's notes no longer carry the plan's words."""
        notes = next((track.notes for track in self.arrangement.tracks if track.role == "vocal"), ())
        try:
            return timed(self.plan.words, notes) if self.plan.words else ()
        except ValueError:
            return ()

    @property
    def drafted(self) -> bool:
        """True where the words were drafted, not given."""
        return self.intent.lyrics is not None and self.intent.lyrics.origin == "draft"

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Every decision of every stage, in the order in which they were made."""
        return (*self.intent.decisions, *self.plan.decisions, *self.score.decisions, *Rendering.decisions.fget(self))  # type: ignore[attr-defined]

    def manifest(self) -> SongFile:
        """The song.json of this song, before the files are written."""
        rendered = Rendering.manifest(self)
        return replace(
            rendered, seed=self.intent.seed, intent=self.intent, plan=self.plan, composer=self.composer, weights=dict(self.weights),
            take=self.number, edits=self.edits, locks=self.locks,
        )  # fmt: skip

    def remarks(self) -> tuple[str, ...]:
        """Texts for the MIDI file: what made it, and from what."""
        return (f"daiw {version('daiw')}, preset {self.preset.name}, seed {self.intent.seed}", f"Prompt: {self.intent.prompt}")

    def desk(self) -> "Desk":
        """How it was mixed, with the plan that moved its tone."""
        return replace(Rendering.desk(self), plan=self.plan)

    def session(self) -> Session:
        """The song as a DAW sees it, with its plan and the words it came from."""
        return replace(Rendering.session(self), plan=self.plan, comment=clean_text(self.intent.prompt))

    def write_score(self, folder: Path) -> None:
        """Write score.json and mix.json."""
        (folder / SCORE).write_text(score_text(self.score, self.arrangement), encoding="utf-8")
        if self.mix.settings:
            (folder / MIX).write_text(mix_text(self.mix.settings), encoding="utf-8")

    def write_words(self, folder: Path) -> None:
        """Write lyrics.lrc, where words are sung."""
        if lines := self.timed_words:
            tempos = self.arrangement.timeline.tempos
            (folder / "lyrics.lrc").write_text(
                lrc_text(lines, tempos, title=self.title, length_s=self.master.audio.duration_s), encoding="utf-8"
            )

    def write_page(self, folder: Path) -> None:
        """Write report.html, the page that explains every choice."""
        from daiw.report.page import ReportData, report_html

        page = ReportData(
            intent=self.intent,
            plan=self.plan,
            arrangement=self.arrangement,
            mix=self.mix,
            master=self.master,
            decisions=self.decisions,
            words=self.timed_words,
            files=tuple(sorted({"song.json", *(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())})),
            versions=versions(),
            hashes={**self.weights, **{name: entry["manifest_sha256"] for name, entry in self.instruments.items()}},
        )
        (folder / "report.html").write_text(report_html(page), encoding="utf-8")
