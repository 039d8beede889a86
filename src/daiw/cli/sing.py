"""Sing a MIDI file or a score that has words, or set words to its melody."""

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw sing`."""
    parser.add_argument("file", type=Path, help="a .mid, .musicxml, .xml or .mxl")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the .wav to write (default: FILE's name with -vocal.wav)")
    parser.add_argument("--lyrics", type=Path, metavar="FILE", help="words for the melody, a line a phrase, - for standard input")
    parser.add_argument("--voice", metavar="NAME", help="who sings; see daiw plugins list (default: voice_heart)")
    parser.add_argument("--track", metavar="NAME", help="which track (default: the one with words)")
    parser.add_argument("--midi", type=Path, metavar="FILE", help="also write the sung track with its words as MIDI")
    parser.add_argument("--curves", type=Path, metavar="FILE", help="also write pitch, level and the other curves as JSON")
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Sing the file, write the sound, say what was done."""
    from daiw.errors import OutputError
    from daiw.files.audio import write_wav_float
    from daiw.files.lyrics import parse_lyrics, read_lyrics
    from daiw.files.midi import write_midi
    from daiw.music.score import Arrangement
    from daiw.vocals import sing

    output = args.output or args.file.with_name(f"{args.file.stem}-vocal.wav")
    for path in (output, args.midi, args.curves):
        if path is not None and path.exists() and not args.force:
            raise OutputError(f"{path} is there already; choose another name or add --force")
        if path is not None and not path.parent.is_dir():
            raise OutputError(f"{path.parent} is no folder; make it first")
    lyrics = None
    if args.lyrics is not None:
        lyrics = parse_lyrics(sys.stdin.buffer.read(), "standard input") if str(args.lyrics) == "-" else read_lyrics(args.lyrics)
    vocal = sing(args.file, lyrics=lyrics, voice=args.voice, track=args.track)
    part = output.with_name(output.name + ".part")
    write_wav_float(part, vocal.audio)
    part.replace(output)
    if args.midi is not None:
        write_midi(Arrangement((vocal.track,), vocal.timeline), args.midi)
    if args.curves is not None:
        part = args.curves.with_name(args.curves.name + ".part")
        part.write_text(json.dumps(vocal.curves))
        part.replace(args.curves)
    facts: dict[str, object] = {
        "file": str(output), "voice": vocal.voice, "notes": len(vocal.track.notes), "moved_semitones": vocal.shift,
        "outside_range": vocal.strained, "duration_s": round(vocal.audio.duration_s, 3),
    }  # fmt: skip
    if vocal.strained:
        (low, high), count = vocal.span, len(vocal.track.notes)
        facts["note"] = (
            f"{vocal.strained} of {count} notes lie outside what {vocal.voice} sings well (MIDI {low}..{high});"
            " they are sung as written and may be hard to understand: try another --voice, or narrow the melody"
        )
    print(json.dumps(facts) if args.json else "\n".join(f"{name.replace('_', ' '):<16} {value}" for name, value in facts.items()))
    return 0
