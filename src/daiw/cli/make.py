"""Turn a sentence into a song folder."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from daiw.cli.output import add_output_arguments, add_plugin_arguments, chosen_instruments, chosen_preset, progress, report, target_folder

if TYPE_CHECKING:
    from daiw.music.interview import Interview
    from daiw.music.lyrics import Lyrics
    from daiw.song import Song


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw make`."""
    parser.add_argument("prompt", nargs="?", help="what happened, what it feels like, what it should sound like; - reads standard input")
    parser.add_argument("--interview", type=Path, metavar="FILE.toml", help="answers of daiw interview, in place of the prompt")
    parser.add_argument("--sketch", action="store_true", help="make a song of answers that leave out what matters most")
    parser.add_argument(
        "--preset", metavar="NAME", help="a style, or a FILE.toml of yours; see daiw presets list (default: the nearest to the prompt)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number, another song (default: 0)")
    parser.add_argument("--bpm", type=float, metavar="X", help="exact tempo in quarter notes a minute")
    parser.add_argument("--key", metavar="KEY", help='exact key, such as "F minor" or "D dorian"')
    parser.add_argument("--meter", metavar="N/M", help="exact meter, such as 4/4, 3/4 or 6/8")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--bars", type=int, metavar="N", help="exact length in bars")
    length.add_argument("--minutes", type=float, metavar="M", help="length in minutes, to the nearest bar")
    parser.add_argument(
        "--composer",
        default="neural",
        metavar="NAME",
        help="neural (default): all by our trained transformers; mixed: theory with a trained drummer; reference: theory alone; or a "
        "folder of daiw train --on",
    )
    voice = parser.add_argument_group("singing")
    words = voice.add_mutually_exclusive_group()
    words.add_argument("--lyrics", metavar="FILE", help="words to sing, with [Verse] and [Chorus] tags; - reads standard input")
    words.add_argument("--draft-lyrics", action="store_true", help="draft words from the prompt's own sentences")
    voice.add_argument("--voice", metavar="NAME", help="who sings; see daiw plugins list")
    voice.add_argument(
        "--sing", action=argparse.BooleanOptionalAction, default=None,
        help="a voice sings (vowels where there are no words); --no-sing leaves the words in the notes",
    )  # fmt: skip
    voice.add_argument(
        "--company", metavar="LIST",
        help="who sings with the voice: any of harmonies,doubles,whispers,ad-libs, or none (default: the style's choice)",
    )  # fmt: skip
    voice.add_argument("--blend", type=float, metavar="LU", help="how much louder than usual these stand beside the voice, -12..12")
    voice.add_argument("--spread", type=float, metavar="MS", help="how far doubles lie from the voice in time, 0..40")
    voice.add_argument(
        "--break", action="append", dest="breaks", default=[], metavar="RULE:WHY",
        help='break a rule of the voice on purpose, as in "BuriedVocals: she is already far away" (repeatable)',
    )  # fmt: skip
    parser.add_argument("--arc", metavar="NAME", help="the shape of its energy, such as slow-reveal or climb-to-climax")
    given = parser.add_argument_group("what you have already; it is kept exactly")
    tune = given.add_mutually_exclusive_group()
    tune.add_argument("--melody", metavar="FILE.mid", help="a tune: kept note for note, harmonised where no chords are given")
    tune.add_argument("--hum", metavar="FILE.wav", help="a tune hummed, whistled or played alone")
    tune.add_argument("--continue", dest="going_on", metavar="FILE.mid", help="a beginning: the song goes on from there")
    given.add_argument("--chords", metavar="LIST", help='chords, one a bar, "F C Am Bb", or with bars, "F | C G7 | Am"')
    given.add_argument("--groove", metavar="FILE.mid", help="drums to play, and the feel of everybody")
    given.add_argument("--like", metavar="FILE.mid", help="tempo, key, meter and feel of another song, and how high and busy its tune is")
    add_plugin_arguments(parser, choose="ROLE")
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Make the song, write its folder, print what became of it."""
    from daiw.files.folder import check_target
    from daiw.guides.reading import Guides
    from daiw.pipeline import STAGES, make

    if args.output is not None:
        check_target(args.output, force=args.force)
    lyrics = _lyrics(args.lyrics, prompt_from_stdin=args.prompt == "-")
    guides = Guides(
        melody=args.melody, chords=args.chords, groove=args.groove, going_on=args.going_on, hum=args.hum, like=args.like
    )  # fmt: skip
    with progress(args, (*STAGES, "write")) as watch:
        song = make(
            _told(args), preset=chosen_preset(args.preset), seed=args.seed, bpm=args.bpm, key=args.key, meter=args.meter,
            bars=args.bars, minutes=args.minutes, composer=args.composer, lyrics=lyrics, sing=args.sing, voice=args.voice,
            draft_lyrics=args.draft_lyrics, breaks=args.breaks, company=_company(args.company),
            blend_lu=args.blend, spread_ms=args.spread, guides=guides, arc=args.arc, sketch=args.sketch,
            instruments=chosen_instruments(args.instrument),
            on_plugin_failure=args.on_plugin_failure, watch=watch, cache=not args.no_cache,
        )  # fmt: skip
        watch("write")
        folder = song.save(target_folder(args, song.title), formats=args.format, force=args.force)
    plan = song.plan
    chosen = args.preset is not None or song.intent.wishes.preset is not None
    facts: dict[str, object] = {
        "preset": song.preset.name,
        "runners_up": [] if chosen else [name for name, _ in song.intent.preset_ranking[1:4]],
        "key": str(plan.key),
        "meter": str(plan.meter),
        "bpm": round(plan.timeline.tempos.bpm(0), 2),
        "bars": plan.bars,
        "seed": song.intent.seed,
        "composer": song.composer,
    }
    if plan.voice is not None:
        facts |= {"voice": plan.voice.name or "none: the words are in the notes", "sung": _sung(song)}
        facts |= {"note": [told.because for told in song.decisions if told.subject == "language of the lyrics"]}
    report(args, folder, song, facts)
    return 0


def _company(text: str | None) -> tuple[str, ...] | None:
    """The names of a list; "none" is an empty one."""
    if text is None:
        return None
    return tuple(name.strip() for name in text.split(",") if name.strip() not in ("", "none"))


def _lyrics(where: str | None, *, prompt_from_stdin: bool) -> "Lyrics | None":
    """The words of --lyrics, from a file or standard input."""
    import sys

    from daiw.errors import PromptError
    from daiw.files.lyrics import MAX_BYTES, parse_lyrics, read_lyrics

    if where is None:
        return None
    if where != "-":
        return read_lyrics(Path(where))
    if prompt_from_stdin:
        raise PromptError("prompt and lyrics cannot both come from standard input; put one of them into a file")
    return parse_lyrics(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")


def _sung(song: "Song") -> str:
    """What is sung, in a phrase."""
    words = song.plan.words
    if not words:
        return "vowels; --lyrics FILE or --draft-lyrics for words"
    lines, syllables = len(words), sum(len(line.syllables) for line in words)
    return f"{lines} line{'s' * (lines != 1)}, {syllables} syllable{'s' * (syllables != 1)}" + (", drafted" * (song.drafted))


def _told(args: argparse.Namespace) -> "str | Interview":
    """The prompt, or the answers in its place."""
    from daiw.errors import PromptError

    if (args.prompt is None) == (args.interview is None):
        raise PromptError(
            'say what happened, as in daiw make "the last train has gone", or give --interview FILE, one of both; see daiw make --help'
        )
    if args.interview is None:
        return _prompt(args.prompt)
    from daiw.files.interview import read_interview

    return read_interview(args.interview).interview


def _prompt(text: str) -> str:
    """The prompt itself, or standard input for "-"; undecodable bytes become replacement characters."""
    import sys

    if text != "-":
        return text.encode("utf-8", "replace").decode("utf-8")
    return sys.stdin.buffer.read(1 << 20).decode("utf-8", "replace")
