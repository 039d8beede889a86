"""A take becomes sound again; stems that would come out the same are taken from where they are."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from daiw.clock import Clock
from daiw.editing.splice import respliced
from daiw.files.audio import read_audio
from daiw.files.folder import sha256
from daiw.files.song import SongFile
from daiw.music.audio import Stem
from daiw.music.score import Arrangement
from daiw.music.take import Take
from daiw.pipeline import arrange, master, mix, render
from daiw.song import Song
from daiw.studio import Studio

StemSource = Callable[[str], Stem | None]
"""Gives the finished stem of a role with the plugins that sounded in it, None where there is none."""


def performed(old: Take, new: Take, *, recast: tuple[str, ...] = ()) -> Take:
    """The new take with its score in players' hands: untouched notes as they were played, new ones played anew.

    recast: roles that get the instrument and the hands that the plan gives them now.
    """
    fresh = arrange(new.score, new.plan, new.preset, given=new.intent.given)
    return replace(new, arrangement=respliced(old, new, fresh, recast))


def same_stems(old: Take, new: Take) -> set[str]:
    """The roles whose stem of `old` is the stem of `new`: same notes, player, tempo, effects and mix."""
    if old.mixing is None or new.mixing is None:
        return set()
    ours, theirs = replace(old.mixing, channels=()), replace(new.mixing, channels=())
    timeline = replace(old.arrangement.timeline, markers=(), keys=()) == replace(new.arrangement.timeline, markers=(), keys=())
    shared = (ours, old.preset.render, old.preset.mix, old.plan.cues) == (theirs, new.preset.render, new.preset.mix, new.plan.cues)
    if not (timeline and shared and [s.bars for s in old.plan.sections] == [s.bars for s in new.plan.sections]):
        return set()
    before = {track.role: track for track in old.arrangement.tracks}
    return {
        track.role
        for track in new.arrangement.tracks
        if before.get(track.role) == track and old.mixing.channel(track.role) == new.mixing.channel(track.role)
    }


def stems_of_folder(folder: Path, manifest: SongFile, arrangement: Arrangement, studio: Studio) -> StemSource:
    """The stems in a song folder that are as song.json says, played by instruments that are still the same.

    What happened while such a stem was rendered stays told with it, and no longer than it.
    """
    instruments = {track.role: track.instrument for track in arrangement.tracks}
    hashes = studio.hashes(arrangement)

    def read(role: str) -> Stem | None:
        name = f"stems/{role}.wav"
        path, entry = folder / name, manifest.files.get(name)
        if manifest.instruments.get(instruments.get(role, "")) != hashes.get(instruments.get(role, "")):
            return None
        if entry is None or not path.is_file() or path.stat().st_size != entry.bytes or sha256(path) != entry.sha256:
            return None
        plugins = tuple(record for slot, record in studio.saved.items() if slot == f"{role}: {record.slot}")
        about = (f"sound of {role}", f"plugin of {role}")
        told = tuple(decision for decision in manifest.decisions if decision.stage == "render" and decision.subject in about)
        return Stem(role, read_audio(path), told, plugins)

    return read


def sounded(old: Take, new: Take, stems: StemSource, *, studio: Studio | None = None, clock: Clock | None = None) -> Song:
    """The song of a take: only what `old` does not share with it is played again.

    stems: the finished stems of `old`.  Faders, rides and ducking are `new.mixing`'s; without one the song is mixed anew.
    """
    studio, clock = studio or Studio(), clock or Clock()
    playing = tuple(track for track in new.arrangement.tracks if track.notes)
    shared = same_stems(old, new)
    finished = {track.role: stem for track in playing if track.role in shared and (stem := stems(track.role)) is not None}
    done = frozenset(finished)
    with clock.stage("render"):
        due = tuple(track for track in new.arrangement.tracks if track.role not in done)
        fresh = {stem.role: stem for stem in render(replace(new.arrangement, tracks=due), new.preset, plan=new.plan, studio=studio)}
    with clock.stage("mix"):
        ordered = ((finished if track.role in done else fresh).pop(track.role) for track in playing)
        mixed = mix(ordered, new.preset, plan=new.plan, settings=new.mixing, done=done)
    with clock.stage("master"):
        mastered = master(mixed, new.preset, plan=new.plan)
    return Song(
        title=new.plan.title, intent=new.intent, preset=new.preset, plan=new.plan, score=new.score, arrangement=new.arrangement, mix=mixed,
        master=mastered, instruments=studio.hashes(new.arrangement), weights=studio.weights(new.composer), composer=new.composer,
        locks=new.locks, stage_seconds=clock.seconds, unheard=studio.unheard(mixed.stems),
    )  # fmt: skip
