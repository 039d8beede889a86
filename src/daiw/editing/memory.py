"""The same edits on a song in memory: a new song comes back, the old one stays."""

from dataclasses import replace
from datetime import UTC, datetime

from daiw.editing.folder import Step, edit_entry
from daiw.editing.remake import Wanted, merged, planned
from daiw.editing.sounding import sounded
from daiw.editing.spans import parse_locks
from daiw.music.audio import Stem
from daiw.music.take import Edit
from daiw.song import Song
from daiw.studio import Studio


def remade(song: Song, wanted: Wanted, studio: Studio | None = None) -> Song:
    """The song with something of it written anew; stems that this does not concern are the same samples.

    Without a studio, external plugins sound as the song keeps them.  Raises PromptError.
    """
    studio = studio or Studio(saved=song.plugins)
    edits = song.edits or (Edit(1, 0, song.intent.origin, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", song.intent.seed),)
    number = max(entry.number for entry in edits) + 1
    old = song.take
    change, step = planned(old, wanted, number - 1, studio)
    new = change(old)
    heard = {stem.role: stem for stem in song.mix.stems}

    def stems(role: str) -> Stem | None:
        return heard.get(role)

    made = sounded(old, new, stems, studio=studio)
    entry = edit_entry(number, song.number, Step(step.what, step.why, step.seed), old, new)
    return replace(made, number=number, edits=(*edits, entry))


def locked(song: Song, what: str) -> Song:
    """The song with more of it locked; raises PromptError for a part it does not have."""
    roles = tuple(part.role for part in song.score.parts)
    return replace(song, locks=merged(song.locks, parse_locks(what, song.plan, roles)))
