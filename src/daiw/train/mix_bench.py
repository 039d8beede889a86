"""Where the voice stands in whole sung songs of each style, beside the style's own `voice_lu`.

    daiw evaluate mix [--preset house]... [--bars 8] [--seeds 1] [--out FILE.json]

Songs are made as `daiw make` makes them, with four lines of our own in verse and chorus, and read from the stems of the mix.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from daiw.errors import PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.files.preset import preset_paths
from daiw.measure.singing import standing
from daiw.pipeline import make
from daiw.studio import Studio

PROMPT = "the last train has gone and I don't mind"
WORDS = """[Verse]
I keep your letters in the pocket of my coat
The kitchen light is on for nobody but rain
[Chorus]
Leave a light on for me
Leave a light on tonight
"""
LIMIT_LU = 1.0


@dataclass(frozen=True, slots=True)
class Placed:
    """One song.  wanted_lu: the style's place for the voice.  dry_lu, wet_lu: as in `measure.singing.Standing`."""

    preset: str
    seed: int
    bars: int
    wanted_lu: float
    dry_lu: float
    wet_lu: float

    @property
    def off_lu(self) -> float:
        """How far above its place the dry voice stands."""
        return self.dry_lu - self.wanted_lu


def placed(preset: str, seed: int, bars: int, studio: Studio) -> Placed:
    """One song made and measured."""
    song = make(PROMPT, preset=preset, lyrics=parse_lyrics(WORDS), bars=bars, seed=seed, studio=studio)
    stands = standing(song.mix.stems)
    assert stands is not None, "every song here is sung and played"
    return Placed(preset, seed, song.plan.bars, song.preset.mix.voice_lu, stands.dry_lu, stands.wet_lu)


def table(songs: Sequence[Placed]) -> str:
    """A row a song, and how far they are off."""
    rows = ["| style | seed | bars | wanted LU | voice over band LU | off LU | with room and echo as band LU |", "|" + "---|" * 7]
    rows += [
        f"| {s.preset} | {s.seed} | {s.bars} | {s.wanted_lu:+.1f} | {s.dry_lu:+.2f} | {s.off_lu:+.2f} | {s.wet_lu:+.2f} |" for s in songs
    ]
    off = [abs(song.off_lu) for song in songs]
    within = sum(each <= LIMIT_LU for each in off)
    far = f"median {statistics.median(off):.2f}, at most {max(off):.2f} LU off"
    rows.append(f"\n{within} of {len(off)} within {LIMIT_LU:g} LU of the style's place; {far}.")
    return "\n".join(rows)


def run(args: argparse.Namespace) -> int:
    """Make the songs, print the table, write JSON."""
    known = preset_paths()
    names = args.preset or list(known)
    if unknown := [name for name in names if name not in known]:
        raise PromptError(f"there is no preset {unknown[0]!r}; there are {', '.join(known)}")
    if args.seeds < 1 or args.bars < 4:
        raise PromptError("at least one seed and four bars are needed")
    studio = Studio(use_cache=False)
    songs = [placed(name, seed, args.bars, studio) for name in names for seed in range(args.seeds)]
    print(table(songs))
    if args.out is not None:
        part = args.out.with_name(args.out.name + ".part")
        part.write_text(json.dumps([asdict(song) for song in songs], indent=1))
        part.replace(args.out)
    return 0
