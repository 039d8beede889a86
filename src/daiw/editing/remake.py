"""`daiw remake`, `daiw vary`, `daiw lock`: what a person asks for, done to a song folder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from daiw.clock import Watch
from daiw.editing.folder import IN_PLACE, Change, Destination, Step, edit
from daiw.editing.opening import open_take
from daiw.editing.regenerate import regenerated
from daiw.editing.rewrite import edit_decision, rewritten
from daiw.editing.sounding import performed
from daiw.editing.spans import Bars, parse_bars, parse_locks, parse_roles, parse_section, said_bars
from daiw.editing.trained import part_writers
from daiw.editing.vary import varied
from daiw.errors import PromptError
from daiw.files.song import read_song_file, write_song_file
from daiw.music.cells import changed_notes
from daiw.music.take import Lock, Take
from daiw.song import Song
from daiw.studio import Studio

MOST_SEED = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be written anew.

    part: "melody" or "melody,bass"; every part where it is None.  bars: "9-12", counted from 1.  section: "chorus", or "chorus 2" for
    the second.  amount: share of the notes, 0..1; 0 means all of them.  seed: the same one gives the same notes; None: one this song
    has not seen.  lock: what to lock first, "chords,bass:9-12,form".  why: a reason, kept in the history.
    remix: set faders, rides and ducking anew, which may change every stem.
    """

    part: str | None = None
    bars: str | None = None
    section: str | None = None
    amount: float = 0.0
    seed: int | None = None
    lock: str | None = None
    why: str = ""
    remix: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.amount <= 1.0:
            raise PromptError(f"the amount {self.amount:g} is outside 0..1; .3 changes about a third of the notes")
        if self.bars and self.section:
            raise PromptError("give bars or a section, not both")
        if self.seed is not None and not 0 <= self.seed < MOST_SEED:
            raise PromptError(f"the seed {self.seed} is outside 0..2^63-1; any whole number from 0 will do")


def planned(take: Take, wanted: Wanted, versions: int, studio: Studio) -> tuple[Change, Step]:
    """What is done to the take and what it is called; raises PromptError where the song has no such part, bars or section."""
    seed = versions if wanted.seed is None else wanted.seed
    roles = parse_roles(wanted.part, _roles(take)) if wanted.part else _roles(take)
    spans = _spans(take, wanted)
    locks = merged(take.locks, parse_locks(wanted.lock, take.plan, _roles(take))) if wanted.lock else take.locks
    whole = not (wanted.part or wanted.bars or wanted.section or wanted.amount)
    where = f", {wanted.section or said_bars(spans[0])}" if wanted.bars or wanted.section else ""
    parts = ", ".join(roles) if wanted.part else "all parts"
    what = "remake" if whole else f"vary {parts} by {wanted.amount:g}{where}" if wanted.amount else f"remake {parts}{where}"

    def change(now: Take) -> Take:
        now = replace(now, locks=locks)
        if whole:
            return regenerated(now, seed, studio, what=what, why=wanted.why)
        writers = part_writers(now)
        share = wanted.amount
        score = varied(now, share, roles, spans, seed, writers) if share else rewritten(now, roles, spans, seed, writers)
        return _edited(now, replace(now, score=score), what, wanted, seed)

    return change, Step(what, wanted.why, seed)


def remake(
    folder: str | Path, wanted: Wanted, *, into: Destination = IN_PLACE, studio: Studio | None = None, watch: Watch | None = None
) -> Song:
    """Write something of the song in `folder` anew, and leave everything else exactly as it is.

    into: another folder, instead of in place.  Raises PromptError, FileFormatError or OutputError; then nothing was changed.
    """
    folder, studio = Path(folder), studio or Studio()
    manifest = read_song_file(folder)
    versions = max([1, *(entry.number for entry in manifest.edits)])
    change, step = planned(open_take(folder, manifest), wanted, versions, studio)
    return edit(folder, change, step, into=into, studio=studio, watch=watch)


def lock(folder: str | Path, what: str, *, locked: bool = True) -> tuple[Lock, ...]:
    """Lock what no later edit may change, or let it go again; returns all locks of the song.

    what: "chords,bass:9-12,form".  Letting go of a part without bars lets go of all its bars; "all" lets go of everything.
    """
    folder = Path(folder)
    manifest = read_song_file(folder)
    take = open_take(folder, manifest)
    if locked:
        locks = merged(take.locks, parse_locks(what, take.plan, _roles(take)))
    elif what.strip().casefold() == "all":
        locks = ()
    else:
        locks = released(take.locks, parse_locks(what, take.plan, _roles(take)))
    write_song_file(replace(manifest, locks=locks), folder)
    return locks


def merged(locks: Sequence[Lock], more: Sequence[Lock]) -> tuple[Lock, ...]:
    """All locks, those left out that another one covers."""
    every = set((*locks, *more))
    whole = {lock.what for lock in every if lock.bars == (0, 0)}
    return tuple(sorted(lock for lock in every if lock.bars == (0, 0) or lock.what not in whole))


def released(locks: Sequence[Lock], less: Sequence[Lock]) -> tuple[Lock, ...]:
    """The locks without some; raises PromptError where one was not locked."""
    left = list(locks)
    for gone in less:
        hit = [lock for lock in left if lock.what == gone.what and gone.bars in ((0, 0), lock.bars)]
        if not hit:
            held = [str(lock) for lock in left]
            raise PromptError(f"{gone} is not locked; locked: {', '.join(held) or 'nothing'}")
        left = [lock for lock in left if lock not in hit]
    return tuple(left)


def _edited(old: Take, new: Take, what: str, wanted: Wanted, seed: int) -> Take:
    """The new score played, the edit written among the song's decisions."""
    changed = {part.role: changed_notes(old.score.part(part.role).notes, part.notes) for part in new.score.parts}
    score = replace(new.score, decisions=(*new.score.decisions, edit_decision(what, wanted.why, changed, seed)))
    new = performed(old, replace(new, score=score))
    return replace(new, mixing=None) if wanted.remix else new


def _roles(take: Take) -> tuple[str, ...]:
    return tuple(part.role for part in take.score.parts)


def _spans(take: Take, wanted: Wanted) -> tuple[Bars, ...]:
    """The bars meant: given, a section's, or all."""
    if wanted.bars:
        return (parse_bars(wanted.bars, take.plan),)
    return parse_section(wanted.section, take.plan) if wanted.section else ((0, take.plan.bars),)
