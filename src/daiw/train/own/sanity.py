"""What is in a person's folder, and whether it is enough: said before anything is trained."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daiw.train.own.material import Material
from daiw.train.own.reading import Reading
from daiw.train.own.splitting import groups_of, held_out
from daiw.train.own.tasks import NETWORKS, ROLES, has

FEWEST_SONGS = 3
FEWEST_BARS = 64
LITTLE_BARS = 400
"""Training bars under which a network mostly learns single songs by heart: allowed, and said."""

LOOSE_KEY = 0.75
"""Share of sounding time inside the key under which the key is a guess, and harmony is learnt from it all the same."""

SAYS = 12
"""Files named one by one; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Split:
    """For one network: the songs to learn from and those kept back, as numbers; why it is not trained, where it is not."""

    network: str
    training: tuple[int, ...]
    held: tuple[int, ...]
    bars: int
    why_not: str = ""


def splits_of(materials: Sequence[Material]) -> tuple[Split, ...]:
    """How each network's songs are split, near-duplicates together."""
    songs = [material.song for material in materials]
    groups = groups_of(songs)
    found = []
    for network in NETWORKS:
        mine = frozenset(i for i, material in enumerate(materials) if has(network, material))
        own = [group for group in ([i for i in group if i in mine] for group in groups) if group]
        held = held_out(songs, own)
        training = tuple(sorted(mine - held))
        bars = sum(songs[i].bars for i in training)
        found.append(Split(network, training, tuple(sorted(held)), bars, why_not(len(own), bars, len(held))))
    return tuple(found)


def why_not(songs: int, bars: int, held: int) -> str:
    """Why a network is not trained; empty where it is."""
    if songs < FEWEST_SONGS:
        return f"{songs or 'no'} song{'s' * (songs != 1)} with it; {FEWEST_SONGS} are needed, so that one can be kept back to judge by"
    if bars < FEWEST_BARS:
        return f"{bars} bars to learn from; {FEWEST_BARS} are needed"
    return "" if held else "no song is short enough to be kept back"


def sanity(reading: Reading, materials: Sequence[Material], splits: Sequence[Split]) -> dict[str, object]:
    """The report as data."""
    songs = reading.songs
    alike = [[songs[i].name for i in group] for group in groups_of(songs) if len(group) > 1]
    return {
        "read": len(songs),
        "refused": {refused.name: refused.why for refused in reading.refused},
        "exact copies": reading.same,
        "near-duplicates": alike,
        "keys": dict(Counter(str(song.key) for song in songs).most_common()),
        "meters": dict(Counter(str(song.meter) for song in songs).most_common()),
        "bpm": [round(float(x)) for x in np.quantile([song.bpm for song in songs], (0, 0.5, 1))] if songs else [],
        "bars": sum(song.bars for song in songs),
        "off the grid": round(float(np.mean([song.off_grid for song in songs])), 4) if songs else 0.0,
        "outside their key": [song.name for song in songs if song.fits_key < LOOSE_KEY],
        "tune out of range": round(float(np.mean([material.out_of_range for material in materials])), 4) if songs else 0.0,
        "chords guessed from the tune alone": [m.song.name for m in materials if m.guessed_from_tune and m.lead is not None],
        "drums without feel": [m.song.name for m in materials if m.take is not None and m.quantised],
        "percussion left out": {m.song.name: round(m.percussion, 3) for m in materials if m.percussion > 0.05},
        "networks": {
            split.network: {
                "songs": len(split.training), "bars": split.bars, "held out": [songs[i].name for i in split.held],
                "not trained": split.why_not,
            }
            for split in splits
        },
    }  # fmt: skip


def in_words(found: dict[str, object]) -> list[str]:
    """The report as lines."""
    lines = [f"{found['read']} songs read, {found['bars']} bars"]
    lines += _listed("refused", found["refused"], lambda name, why: f"  {name}: {why}")
    lines += _listed("exact copies, used once", found["exact copies"], lambda name, first: f"  {name} is {first}")
    for group in found["near-duplicates"]:  # type: ignore[attr-defined]
        lines.append(f"near-duplicates, kept together: {', '.join(group)}")
    for name in ("keys", "meters"):
        lines.append(f"{name}: {', '.join(f'{key} {count}' for key, count in list(found[name].items())[:SAYS])}")  # type: ignore[attr-defined]
    if found["bpm"]:
        lines.append("tempo: {0} to {2} bpm, median {1}".format(*found["bpm"]))  # type: ignore[misc]
    lines.append(f"off the grid: {found['off the grid']:.1%} of notes; tune out of the networks' range: {found['tune out of range']:.1%}")
    for name, says in (
        ("outside their key", "key uncertain (modulating, or no key)"),
        ("chords guessed from the tune alone", "chords guessed from the tune alone"),
        ("drums without feel", "drums on the grid, so their timing is not learnt"),
    ):
        some = found[name]
        if some:
            lines.append(f"{says}: {_some(list(some))}")  # type: ignore[call-overload]
    if found["percussion left out"]:
        lines.append(f"percussion that the kit does not play is left out in {_some(list(found['percussion left out']))}")  # type: ignore[call-overload]
    for network, about in found["networks"].items():  # type: ignore[attr-defined]
        says = f"{ROLES[network]}: {about['songs']} songs, {about['bars']} bars to learn from, {len(about['held out'])} songs kept back"
        if about["not trained"]:
            says = f"{ROLES[network]}: not trained, {about['not trained']}"
        elif about["bars"] < LITTLE_BARS:
            says += "; little: expect your songs' habits, not a style"
        lines.append(says)
    return lines


def _listed(title: str, rows: object, line: object) -> list[str]:
    """A heading and at most SAYS lines; nothing for no rows."""
    assert isinstance(rows, dict)
    if not rows:
        return []
    more = [f"  and {len(rows) - SAYS} more"] if len(rows) > SAYS else []
    return [f"{title}: {len(rows)}", *(line(*row) for row in list(rows.items())[:SAYS]), *more]  # type: ignore[operator]


def _some(names: list[str]) -> str:
    return ", ".join(names[:SAYS]) + (f" and {len(names) - SAYS} more" if len(names) > SAYS else "")
