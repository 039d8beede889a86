"""The interview as a person meets it: asked, skipped, taken back, broken off, gone on with, and made into a song."""

import io
import json
import signal
import subprocess
import sys
from functools import partial

import pytest

from daiw.cli.main import main
from daiw.files.interview import read_interview
from daiw.files.song import read_song_file
from daiw.music.interview import ASKED

ANSWERS = {
    "event": "my brother left for the army in March and I did not wave",
    "mood": "a stone in the chest",
    "longing": "I want to hear him laugh again",
    "sound": "bright cheerful pop in C major",
    "meaning": "misdirection",
    "resistance": "we never talk about it at home",
    "transformation": "quiet and forgiven",
    "openness": "raw",
    "conflict": "torn",
    "arc": "slow-reveal",
    "voice": "draft",
    "rule": "BuriedVocals: I only said it to the window",
}


@pytest.fixture
def say(monkeypatch, capsys, tmp_path):
    """Hold an interview with these lines; what was printed, and the file."""

    def hold(*lines, again=()):
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        path = tmp_path / "told.toml"
        assert main(["interview", str(path), *again]) == 0
        return capsys.readouterr().out, path

    return hold


def test_a_whole_interview_is_a_dozen_questions_and_each_answer_is_kept(say):
    text, path = say(*ANSWERS.values())
    assert {name: getattr(read_interview(path).interview, name) for name in ANSWERS} == ANSWERS
    assert text.count("\n> ") == len(ANSWERS) == 12
    assert "misdirection" in text
    assert f"Next: daiw make --interview {path}" in text


def test_every_question_can_be_skipped_and_is_not_asked_again(say):
    text, path = say(*[""] * 20)
    assert text.count("\n> ") == 10
    assert "Still to be said: what happened, what it feels like, what you long for" in text
    assert read_interview(path).skipped
    text, _ = say(*[""] * 20)
    assert text.count("\n> ") == 0
    text, _ = say("she left", again=["--again", "event"])
    assert read_interview(path).interview.event == "she left"
    assert text.count("\n> ") == 1


def test_a_choice_is_taken_by_number_or_by_its_beginning_and_nothing_else(say):
    lines = ["she left", "empty", "to laugh", "slow jazz", "pride", "calm", "loud", "3", "TOR"]
    text, path = say(*lines)
    told = read_interview(path).interview
    assert (told.openness, told.conflict) == ("raw", "torn")
    assert "guarded, honest, raw" in text


def test_a_question_explains_itself_and_one_can_go_back(say):
    text, path = say("?", "she lfet", "back", "she left", "stop")
    assert "the title" in text
    assert read_interview(path).interview.event == "she left"
    assert read_interview(path).interview.mood == ""


def test_what_was_said_before_it_broke_off_is_kept_and_gone_on_with(say):
    say("she left", "empty")  # standard input ends here
    text, path = say("to laugh", "stop")
    assert read_interview(path).interview.missing == ()
    assert "What happened?" not in text


def test_a_rule_that_does_not_exist_is_asked_again(say):
    lines = [*list(ANSWERS.values())[:-1], "LoudVocals: why not", "BuriedVocals", "BuriedVocals: far away"]
    text, path = say(*lines)
    assert "no rule 'LoudVocals'" in text
    assert "say why" in text
    assert read_interview(path).interview.rule == "BuriedVocals: far away"


def test_words_of_danger_are_met_with_care_at_once(say):
    text, _ = say("some days I want to die", "stop")
    assert "reach out" in text


def test_an_interview_becomes_a_sung_song_whose_lines_say_which_answer_they_come_from(say, tmp_path, capsys):
    _, path = say(*ANSWERS.values())
    folder = tmp_path / "song"
    assert main(["make", "--interview", str(path), "--bars", "24", "--quiet", "-o", str(folder)]) == 0
    song = read_song_file(folder)
    assert song.intent.interview == read_interview(path).interview
    assert song.plan.arc == "slow-reveal"
    lines = {told.choice: told.because for told in song.intent.decisions if told.subject == "drafted line"}
    assert ASKED["longing"] in lines["I want to hear him laugh again"]
    assert all(any(asked in because for asked in ASKED.values()) for because in lines.values())
    sung = " ".join(line.text for line in song.plan.words)
    assert "hear him laugh again" in sung
    page = (folder / "report.html").read_text()
    for answer in ("we never talk about it at home", "quiet and forgiven"):
        assert answer in page
    capsys.readouterr()
    assert main(["history", str(folder), "--json"]) == 0
    assert "made from the interview" in capsys.readouterr().out
    assert main(["remake", str(folder), "-o", str(tmp_path / "again"), "--quiet"]) == 0
    assert (tmp_path / "again" / "song.mid").read_bytes() == (folder / "song.mid").read_bytes()


def refused(capsys, *words):
    assert main(list(words)) == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    return complaint


def test_a_song_needs_an_event_a_mood_and_a_longing_or_is_a_sketch(say, tmp_path, capsys):
    _, path = say("she left the house in March", "stop")
    complaint = refused(capsys, "make", "--interview", str(path), "-o", str(tmp_path / "song"))
    assert "what it feels like, what you long for" in complaint
    assert "--sketch" in complaint
    assert not (tmp_path / "song").exists()
    assert main(["make", "--interview", str(path), "--sketch", "--bars", "2", "--quiet", "-o", str(tmp_path / "song")]) == 0
    decisions = json.loads((tmp_path / "song" / "song.json").read_text())["decisions"]
    assert any(told["subject"] == "sketch" and "mood" in told["choice"] for told in decisions)


def test_what_cannot_be_is_one_line(tmp_path, capsys):
    assert "one of both" in refused(capsys, "make")
    assert "one of both" in refused(capsys, "make", "she left", "--interview", "a.toml")
    assert "cannot read" in refused(capsys, "make", "--interview", str(tmp_path / "none.toml"))
    assert "slow-reveal" in refused(capsys, "make", "she left", "--arc", "slow reveal", "--bars", "2")
    assert "no question 'evnt'" in refused(capsys, "interview", str(tmp_path / "a.toml"), "--again", "evnt")
    assert "cannot write" in refused(capsys, "interview", str(tmp_path / "none" / "a.toml"))


def test_ctrl_c_keeps_what_was_said(tmp_path):
    """A person at a terminal who leaves in the middle."""
    path = tmp_path / "told.toml"
    command = [sys.executable, "-u", "-m", "daiw", "interview", str(path)]
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests that a shell started in the background inherit deaf ears
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes, text=True, preexec_fn=heeds) as asking:
        asking.stdin.write("she left\n")
        asking.stdin.flush()
        while not asking.stdout.readline().startswith("What does it feel like"):
            pass
        asking.send_signal(signal.SIGINT)
        assert asking.wait(20) == 2
        assert "is kept in" in asking.stderr.read()
    assert read_interview(path).interview.event == "she left"
