"""A song folder as a session of somebody else's program: DAW projects, scores, MIDI; alone, or with its stems in one zip."""

import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from daiw.errors import FileFormatError, PromptError
from daiw.files.engrave import engrave, find_musescore
from daiw.files.midi import read_midi
from daiw.files.midi_names import clean_text
from daiw.files.plugins import read_plugins
from daiw.files.score import MIX, SCORE, read_mix, read_score
from daiw.files.session import AudioFile, Session, Strip, add_bytes, add_file, check_file, new_file, sound_info
from daiw.files.song import SongFile, read_song_file
from daiw.music.groove import Groove, groove
from daiw.music.score import Arrangement


@dataclass(frozen=True, slots=True)
class SongFolder:
    """A song on disk.  root: where it lies.  session: stems named by their path in the folder."""

    root: Path
    manifest: SongFile
    session: Session

    @property
    def groove(self) -> Groove:
        """How the players swing; straight where we did not arrange."""
        return groove(self.manifest.preset.arrange.groove) if self.manifest.plan else Groove()


@dataclass(frozen=True, slots=True)
class Format:
    """A session format.  ending: what its file's name ends in.  zipped: the same for the archive that --zip makes.

    data: the file's bytes, with the stems where the session says.  listens: it names the stems, so these must exist.
    printed: what its pages end in where MuseScore can print them.
    """

    ending: str
    zipped: str
    data: Callable[[SongFolder], bytes]
    listens: bool
    printed: str = ""

    @property
    def score(self) -> bool:
        """Whether it is MusicXML, which has an archive of its own and can be printed."""
        return self.zipped.endswith(".mxl")


def _dawproject(song: SongFolder) -> bytes:
    from daiw.files.dawproject import dawproject_bytes

    return dawproject_bytes(song.session)


def _reaper(song: SongFolder) -> bytes:
    from daiw.files.reaper import rpp_bytes

    return rpp_bytes(song.session)


def _musicxml(song: SongFolder) -> bytes:
    from daiw.files.musicxml import musicxml_bytes

    return musicxml_bytes(song.session, song.groove)


def _ustx(song: SongFolder) -> bytes:
    from daiw.files.ustx import ustx_bytes

    try:
        return ustx_bytes(song.session)
    except LookupError as error:
        raise FileFormatError(f"{song.root / 'song.mid'} has nothing that could be sung: {error}") from error


def _lead_sheet(song: SongFolder) -> bytes:
    """Melody, words and chord symbols on one staff."""
    from daiw.files.musicxml import musicxml_bytes
    from daiw.files.ustx import sung_track

    try:
        track = sung_track(song.session)
    except LookupError as error:
        raise FileFormatError(f"{song.root / 'song.mid'} has no melody to write down: {error}") from error
    return musicxml_bytes(replace(song.session, arrangement=replace(song.session.arrangement, tracks=(track,))), song.groove)


def _midi(song: SongFolder) -> bytes:
    return (song.root / "song.mid").read_bytes()


FORMATS: Mapping[str, Format] = {
    "dawproject": Format(".dawproject", "-dawproject.zip", _dawproject, listens=True),
    "reaper": Format(".rpp", "-reaper.zip", _reaper, listens=True),
    "musicxml": Format(".musicxml", ".mxl", _musicxml, listens=False),
    "midi": Format(".mid", "-midi.zip", _midi, listens=False),
    "ustx": Format(".ustx", "-ustx.zip", _ustx, listens=True),
    "lead-sheet": Format("-lead-sheet.musicxml", "-lead-sheet.mxl", _lead_sheet, listens=False, printed="-lead-sheet.pdf"),
}
"""What `daiw export --to` knows."""


def export(folder: str | Path, to: str, *, output: str | Path | None = None, zipped: bool = False, force: bool = False) -> Path:
    """Write the song in `folder` for another program; returns the file's path.

    to: a key of FORMATS.  output: the file, by default beside the folder and named after it.  A .dawproject holds its stems; a .rpp
    and a .ustx name them where they lie.  Scores become pages where `output` ends in .pdf, and a lead sheet does wherever MuseScore is
    installed.  zipped: project, stems and MIDI in one folder in one archive (for scores, a compressed .mxl).
    force: replace the file where it exists.  Raises PromptError, FileFormatError or OutputError; the file is complete or absent.
    """
    if to not in FORMATS:
        raise PromptError(f"no such session format: {to!r}; formats are {', '.join(FORMATS)}")
    kind = FORMATS[to]
    root = Path(folder)
    name = root.resolve().name
    ending = kind.zipped if zipped else kind.printed if kind.printed and find_musescore() else kind.ending
    target = Path(output) if output is not None else _short(root.resolve().parent / (name + ending))
    check_file(target, force=force)
    song = open_song(root, stems=kind.listens or (zipped and not kind.score))
    with new_file(target, force=force) as temporary:
        if kind.score:
            _write_score(kind.data(song), temporary, ".mxl" if zipped else target.suffix.lower(), target.name)
        elif zipped:
            _write_archive(song, kind, temporary, name)
        elif to == "dawproject":
            from daiw.files.dawproject import write_dawproject

            write_dawproject(song.session, temporary, root)
        else:
            temporary.write_bytes(kind.data(_seen_from(song, target.absolute().parent) if kind.listens else song))
    return target


def _write_score(score: bytes, target: Path, suffix: str, name: str) -> None:
    """A score as what its file name asks for: pages (.pdf), compressed (.mxl) or plain."""
    if suffix == ".pdf":
        engrave(score, target, name)
    elif suffix == ".mxl":
        from daiw.files.musicxml import mxl_bytes

        target.write_bytes(mxl_bytes(score))
    else:
        target.write_bytes(score)


def open_song(root: Path, *, stems: bool = True) -> SongFolder:
    """Read a song folder: song.json, song.mid as it is now, edits included, and the headers of its stems.

    Raises FileFormatError where one of them is missing or broken.
    """
    manifest = read_song_file(root)
    arrangement = read_midi(root / "song.mid")
    if not any(track.notes for track in arrangement.tracks):
        raise FileFormatError(f"{root / 'song.mid'} has no notes to export")
    sounds = _stems(root, [track.role for track in arrangement.tracks]) if stems else ()
    return SongFolder(
        root,
        manifest,
        Session(
            title=clean_text(manifest.plan.title if manifest.plan else root.resolve().name),
            arrangement=arrangement,
            stems=sounds,
            strips=_strips(root, manifest, arrangement, [stem.name for stem in sounds]),
            plan=manifest.plan,
            comment=clean_text(manifest.intent.prompt if manifest.intent else ""),
            version=version("daiw"),
        ),
    )


def _strips(root: Path, manifest: SongFile, arrangement: Arrangement, returns: list[str]) -> dict[str, Strip]:
    """How each part was mixed, with the plugins that the folder keeps."""
    from daiw.desk import Desk

    settings = read_mix(root / MIX) if (root / MIX).is_file() else None
    return Desk(manifest.preset, manifest.plan, settings, read_plugins(root), returns).strips(_players(root, manifest, arrangement))


def _players(root: Path, manifest: SongFile, arrangement: Arrangement) -> dict[str, str]:
    """Role -> the instrument that plays it, as far as the folder says."""
    known: dict[str, str] = {}
    if manifest.plan and (root / SCORE).is_file():
        known = {track.role: track.instrument for track in read_score(root / SCORE, manifest.plan.timeline)[1].tracks}
    return {track.role: known.get(track.role, "") for track in arrangement.tracks}


def _stems(root: Path, roles: list[str]) -> tuple[AudioFile, ...]:
    """The stems in the order of the tracks, the returns after them."""
    paths = {path.stem: path for path in sorted((root / "stems").glob("*.wav"))}
    if not paths:
        raise FileFormatError(f"{root / 'stems'} holds no stems; make the song again with daiw remake")
    order = [role for role in roles if role in paths] + [name for name in paths if name not in roles]
    return tuple(sound_info(paths[name], name, f"stems/{paths[name].name}") for name in order)


def _seen_from(song: SongFolder, place: Path) -> SongFolder:
    """The song with its stems' paths relative to `place`, or absolute where no relative path leads there."""
    stems = []
    for stem in song.session.stems:
        path = (song.root / stem.path).resolve()
        try:
            seen = Path(os.path.relpath(path, place.resolve()))
        except ValueError:  # another drive
            seen = path
        stems.append(replace(stem, path=seen.as_posix()))
    return replace(song, session=replace(song.session, stems=tuple(stems)))


def _write_archive(song: SongFolder, kind: Format, target: Path, name: str) -> None:
    """One folder with the project, the stems it names and song.mid."""
    with zipfile.ZipFile(target, "w") as archive:
        add_bytes(archive, f"{name}/{name}{kind.ending}", kind.data(song))
        if kind.ending != ".mid":
            add_bytes(archive, f"{name}/song.mid", _midi(song))
        for device in (device for strip in song.session.strips.values() for device in strip.devices):
            add_bytes(archive, f"{name}/{device.path}", device.preset)
        for stem in song.session.stems:
            add_file(archive, f"{name}/{stem.path}", song.root / stem.path)


def _short(path: Path) -> Path:
    """`path` as a person would write it from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
