"""`daiw remake`, `daiw vary`, `daiw lock`: what a person asks for, done to a song folder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from daiw.editing.folder import HISTORY, Step, edit
from daiw.editing.opening import open_take
from daiw.editing.regenerate import regenerated
from daiw.editing.rewrite import MelodyWriter, edit_decision, rewritten
from daiw.editing.sounding import performed
from daiw.editing.spans import Bars, parse_bars, parse_locks, parse_roles, parse_section, said_bars
from daiw.editing.vary import varied
from daiw.errors import OutputError, PromptError
from daiw.files.folder import MANIFEST
from daiw.files.song import read_song_file, write_song_file
from daiw.music.cells import changed_notes
from daiw.music.take import Lock, Take
from daiw.nets.composer import load_weights
from daiw.pipeline import Watch
from daiw.song import Song
from daiw.studio import Studio

MOST_SEED = 2**63


def remake(
    folder: str | Path, *, part: str | None = None, bars: str | None = None, section: str | None = None, seed: int | None = None,
    lock: str | None = None, why: str = "", remix: bool = False, output: Path | None = None, studio: Studio | None = None,
    watch: Watch | None = None,
) -> Song:  # fmt: skip
    """Write something of the song in `folder` anew, and leave everything else exactly as it is.

    part: "melody" or "melody,bass"; all of them where only bars are given.  bars: "9-12", counted from 1.  section: "chorus", or
    "chorus 2" for the second.  Without any of these, everything that is not locked.  seed: the same one gives the same notes; without
    it, one that this song has not seen.  lock: what to lock first, as for `lock`.  why: a reason, kept in the history.
    remix: set faders, rides and ducking anew, which may change every stem.  output: write there instead of in place.
    Raises PromptError, FileFormatError or OutputError; then nothing was changed.
    """
    folder, studio = Path(folder), studio or Studio()
    manifest = read_song_file(folder)
    chosen = _seed(seed, max([1, *(entry.number for entry in manifest.edits)]))
    now = open_take(folder, manifest)
    locks = merged(now.locks, parse_locks(lock, now.plan, _roles(now))) if lock else now.locks
    spans = _spans(now, bars, section)
    whole = part is None and bars is None and section is None
    where = section if section and not bars else ", ".join(said_bars(span) for span in spans)
    roles = parse_roles(part, _roles(now)) if part else _roles(now)
    what = "remake" if whole else f"remake {', '.join(roles) if part else 'all parts'}" + (f", {where}" if bars or section else "")

    def change(take: Take) -> Take:
        take = replace(take, locks=locks)
        if whole:
            return regenerated(take, chosen, studio, what=what, why=why)
        score = rewritten(take, roles, spans, chosen, melody_writer(take))
        return _edited(take, replace(take, score=score), what, why, chosen, remix=remix)

    return edit(folder, change, Step(what, why, chosen), output=output, studio=studio, watch=watch)


def vary(
    folder: str | Path, amount: float, *, part: str | None = None, bars: str | None = None, section: str | None = None,
    seed: int | None = None, lock: str | None = None, why: str = "", output: Path | None = None, studio: Studio | None = None,
    watch: Watch | None = None,
) -> Song:  # fmt: skip
    """Change about a share of the unlocked notes of the song in `folder`.

    amount: 0 (nothing) .. 1 (everything), the more, the more.  The rest as for `remake`.
    """
    if not 0.0 < amount <= 1.0:
        raise PromptError(f"the amount {amount:g} is outside 0..1; .3 changes about a third of the notes")
    folder = Path(folder)
    manifest = read_song_file(folder)
    chosen = _seed(seed, max([1, *(entry.number for entry in manifest.edits)]))
    now = open_take(folder, manifest)
    locks = merged(now.locks, parse_locks(lock, now.plan, _roles(now))) if lock else now.locks
    roles = parse_roles(part, _roles(now)) if part else _roles(now)
    spans = _spans(now, bars, section)
    what = f"vary {', '.join(roles) if part else 'all parts'} by {amount:g}"

    def change(take: Take) -> Take:
        take = replace(take, locks=locks)
        return _edited(take, replace(take, score=varied(take, amount, roles, spans, chosen, melody_writer(take))), what, why, chosen)

    return edit(folder, change, Step(what, why, chosen), output=output, studio=studio, watch=watch)


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


def melody_writer(take: Take) -> MelodyWriter | None:
    """The trained composer where it knows the song's meter; else None, and the reference writes."""
    from daiw.nets.composer_rewrite import MOST_BARS, rewrite_melody
    from daiw.nets.composer_sheet import meter_name

    if meter_name(take.plan.meter) is None:
        return None
    weights = load_weights()

    def write(take: Take, part: object, bars: Bars, seed: int) -> object:
        for first in range(bars[0], bars[1], MOST_BARS):
            stretch = (first, min(bars[1], first + MOST_BARS))
            part = rewrite_melody(weights, take.preset.compose, take.plan, part, stretch, seed)
        return part

    return write


def _edited(old: Take, new: Take, what: str, why: str, seed: int, *, remix: bool = False) -> Take:
    """The new score played, the edit written among the song's decisions."""
    changed = {part.role: changed_notes(old.score.part(part.role).notes, part.notes) for part in new.score.parts}
    score = replace(new.score, decisions=(*new.score.decisions, edit_decision(what, why, changed, seed)))
    new = performed(old, replace(new, score=score))
    return replace(new, mixing=None) if remix else new


def _roles(take: Take) -> tuple[str, ...]:
    return tuple(part.role for part in take.score.parts)


def _spans(take: Take, bars: str | None, section: str | None) -> tuple[Bars, ...]:
    """The bars meant: given, a section's, or all."""
    if bars and section:
        raise PromptError("give bars or a section, not both")
    if bars:
        return (parse_bars(bars, take.plan),)
    return parse_section(section, take.plan) if section else ((0, take.plan.bars),)


def _seed(seed: int | None, versions: int) -> int:
    """The seed asked for, or a number that grows with the song's versions."""
    if seed is None:
        return versions
    if not 0 <= seed < MOST_SEED:
        raise PromptError(f"the seed {seed} is outside 0..2^63-1; any whole number from 0 will do")
    return seed
