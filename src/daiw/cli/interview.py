"""Ask what happened and what it feels like, before any music: answers to make a song of."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daiw.files.interview import InterviewFile
    from daiw.music.interview import Interview
    from daiw.stages.questions import Question

HELP = "Enter skips a question, ? says what an answer does, back returns to the one before, stop leaves; every answer is kept at once."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw interview`."""
    parser.add_argument("file", type=Path, help="where the answers go, as TOML; one that exists is continued")
    parser.add_argument("--again", action="append", default=[], metavar="NAME", help="ask this one again, such as longing (repeatable)")


def run(args: argparse.Namespace) -> int:
    """Ask until there is nothing left to ask; say how the answers are read and what to type next."""
    from daiw.errors import PromptError
    from daiw.files.interview import InterviewFile, read_interview
    from daiw.stages.questions import QUESTIONS

    told = read_interview(args.file) if args.file.exists() else InterviewFile()
    for name in args.again:
        if name not in QUESTIONS:
            raise PromptError(f"there is no question {name!r}; there are {', '.join(QUESTIONS)}")
        told = _answered(told, name, "", skipped=False)
    print(HELP)
    try:
        told = _asked(told, args.file)
        _sum_up(told.interview, args.file)
    except KeyboardInterrupt:
        print(f"\ndaiw: interrupted; what you said is kept in {args.file}", file=sys.stderr)
        return 2
    return 0


def _asked(told: "InterviewFile", path: Path) -> "InterviewFile":
    """Every question that makes sense, one after another; the file is written after each."""
    from daiw.errors import DaiwError
    from daiw.files.interview import write_interview
    from daiw.stages.ask import next_question
    from daiw.stages.understand import care_for
    from daiw.studio import Studio

    reader, order = Studio().reader, list[str]()
    write_interview(told, path)
    while question := next_question(told.interview, told.skipped, reader):
        _put(question)
        line = sys.stdin.readline()
        if not line or line.strip().casefold() == "stop":
            break
        answer = " ".join(line.split())
        if answer == "?":
            print(f"  {question.why}")
            continue
        if answer.casefold() == "back":
            if order:
                told = _answered(told, order.pop(), "", skipped=False)
            continue
        try:
            told = _answered(told, question.name, _chosen(question, answer), skipped=not answer)
        except (DaiwError, ValueError) as error:
            print(f"  {error}")
            continue
        order.append(question.name)
        write_interview(told, path)
        for care in care_for(answer):
            print(f"  {care.because[0].upper()}{care.because[1:]}. Stop here whenever you like; it is all kept.")
    return told


def _put(question: "Question") -> None:
    print(f"\n{question.asks}")
    for number, (name, means) in enumerate(question.choices.items(), 1):
        print(f"  {number} {name}: {means}")
    print("> ", end="", flush=True)


def _chosen(question: "Question", answer: str) -> str:
    """The choice that a number or the beginning of its name means; a free answer as it is.  Raises ValueError."""
    if not answer or not question.choices:
        return answer
    names = list(question.choices)
    if answer.isdecimal() and 1 <= int(answer) <= len(names):
        return names[int(answer) - 1]
    begins = [name for name in names if name.casefold().startswith(answer.casefold())]
    if len(begins) != 1:
        raise ValueError(f"answer with one of {', '.join(names)}, or its number")
    return begins[0]


def _answered(told: "InterviewFile", name: str, answer: str, *, skipped: bool) -> "InterviewFile":
    """With another answer to one question; none takes it back."""
    from dataclasses import replace

    others = tuple(other for other in told.skipped if other != name)
    return replace(told, interview=replace(told.interview, **{name: answer}), skipped=(*others, name) if skipped else others)


def _sum_up(interview: "Interview", path: Path) -> None:
    """How it is understood, and what to type next."""
    from daiw.music.interview import ASKED

    print()
    if interview.missing:
        print(f"Still to be said: {', '.join(ASKED[name] for name in interview.missing)}.  daiw interview {path} goes on;")
        print(f"daiw make --interview {path} --sketch makes a song of what there is.")
        return
    from daiw.pipeline import understand

    intent = understand(interview)
    for decision in intent.decisions:
        if decision.subject in ("feeling", "valence", "arousal", "dominance", "mismatch", "where it goes", "preset"):
            print(f"{decision.subject}: {decision.choice}. {decision.because[0].upper()}{decision.because[1:]}")
    print(f"\nNext: daiw make --interview {path}")
