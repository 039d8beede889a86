"""A sung song through the command line: the folder, its words, and what is refused."""

import json
import re

import pytest

from daiw.cli.main import main
from daiw.files.midi import read_midi
from daiw.files.song import read_song_file
from daiw.singing.pronounce import pronounce

WORDS = """[Verse]
The lead{L EH1 D} is heavy in my hands, 1999 🎉
MOTHER-IN-LAW, the radio still plays her waltz
[Chorus]
Leave a light on for me
Leave a light on tonight
"""
PROMPT = "my grandmother's kitchen is empty now"
SHORT = ["--bars", "8", "--preset", "confessional-acoustic", "--quiet"]


@pytest.fixture(scope="module")
def sung(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sung") / "song"
    words = folder.parent / "words.txt"
    words.write_text(WORDS, encoding="utf-8")
    assert main(["make", PROMPT, "--lyrics", str(words), "--break", "DoubledVocal: I only talk to myself", *SHORT, "-o", str(folder)]) == 0
    return folder


def lyric_events(folder, role="vocal"):
    track = next(track for track in read_midi(folder / "song.mid").tracks if track.role == role)
    return [note.lyric for note in track.notes if note.lyric]


def test_the_folder_has_voices_and_words(sung):
    stems = {path.stem for path in (sung / "stems").glob("*.wav")}
    assert {"vocal", "double left", "double right"} <= stems
    lrc = (sung / "lyrics.lrc").read_text(encoding="utf-8")
    lines = [" ".join(re.sub(r"[\[<]\d\d:\d\d\.\d\d[\]>]", "", line).split()) for line in lrc.splitlines() if re.match(r"\[\d\d:", line)]
    assert lines == [
        "The lead is heavy in my hands, 1999 🎉", "MOTHER-IN-LAW, the radio still plays her waltz", "Leave a light on for me",
        "Leave a light on tonight",
    ]  # fmt: skip
    page = (sung / "report.html").read_text(encoding="utf-8")
    for word in ("MOTHER-IN-LAW,", "1999 🎉", "tonight"):
        assert word in page


def test_the_midi_holds_a_lyric_event_for_every_syllable(sung):
    words = read_song_file(sung).plan.words
    events = lyric_events(sung)
    assert [event for event in events if event != "_"] == [s.text for line in words for s in line.syllables if s.text != "_"]
    assert "1999" in events
    joined = "".join(event[:-1] if event.endswith("-") else event + " " for event in events if event != "_")
    assert "The lead is heavy in my hands, 1999 MOTHERINLAW, the radio still plays her waltz" in joined.replace("-", "")
    spoken = pronounce("mother-in-law")  # capitals are sung as the word that they write
    assert next(s.phonemes for line in words for s in line.syllables if s.text.startswith("MO")) == spoken[:2]
    assert lyric_events(sung, "double left") == events


def test_song_json_holds_lyrics_voice_and_breaks_and_remakes_the_same_midi(sung, tmp_path):
    manifest = read_song_file(sung)
    assert manifest.intent.lyrics.text == WORDS.replace("{L EH1 D}", "").strip().replace("\n[Chorus]", "\n\n[Chorus]")
    assert manifest.intent.lyrics.lines[0].words[1].phonemes == ("L", "EH1", "D")
    assert manifest.plan.voice.name
    assert [each.because for each in manifest.plan.breaks] == ["I only talk to myself"]
    assert any(d.subject == "rule broken" and "I only talk to myself" in d.because for d in manifest.decisions)
    again = tmp_path / "again"
    assert main(["remake", str(sung), "--quiet", "-o", str(again)]) == 0
    assert (again / "song.mid").read_bytes() == (sung / "song.mid").read_bytes()
    assert (again / "lyrics.lrc").read_bytes() == (sung / "lyrics.lrc").read_bytes()


def test_the_score_carries_the_words(sung, tmp_path):
    score = tmp_path / "song.musicxml"
    assert main(["export", str(sung), "--to", "musicxml", "-o", str(score)]) == 0
    text = score.read_text(encoding="utf-8")
    assert "<text>1999</text>" in text
    assert text.count("<syllabic>begin</syllabic>") >= 2


def test_words_nobody_sings_stay_in_the_notes(tmp_path, capsys):
    words = tmp_path / "words.txt"
    words.write_text("[Verse]\nhold me now\n[Chorus]\nlet me go", encoding="utf-8")
    assert main(["make", PROMPT, "--lyrics", str(words), "--no-sing", *SHORT[:-1], "--json", "-o", str(tmp_path / "s")]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["voice"] == "none: the words are in the notes"
    assert [text for text in lyric_events(tmp_path / "s") if text != "_"] == ["hold", "me", "now", "let", "me", "go"]
    track = next(track for track in read_song_file(tmp_path / "s").plan.roles if track == "vocal")
    assert track


def test_a_voice_without_words_says_what_is_needed(tmp_path, capsys):
    assert main(["make", PROMPT + ", with vocals", *SHORT[:-1], "-o", str(tmp_path / "s")]) == 0
    assert "vowels; --lyrics FILE or --draft-lyrics for words" in capsys.readouterr().out
    assert set(lyric_events(tmp_path / "s")) <= {"Ooh", "Ah", "_"}
    assert not (tmp_path / "s" / "lyrics.lrc").exists()


def test_drafted_words_are_sung_and_told(tmp_path, capsys):
    assert main(["make", PROMPT, "--draft-lyrics", *SHORT, "-o", str(tmp_path / "s")]) == 0
    manifest = read_song_file(tmp_path / "s")
    assert manifest.intent.lyrics.origin == "draft"
    assert "My grandmother's kitchen is empty now" in [line.text for line in manifest.plan.words]
    assert sum(decision.subject == "drafted line" for decision in manifest.decisions) == len(manifest.intent.lyrics.lines)


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        ("", [], "no words to sing"),
        ("🎉 🎉", [], "nothing that can be sung"),
        ("one more line\n" * 500, [], r"the 500 lines need at least \d+ bars"),
        ("Дождь на крыше", [], "cannot read 'Дождь'"),
        ("hold me", ["--voice", "nobody"], "there is no voice 'nobody'"),
        ("hold me", ["--break", "BuriedVocals"], "say why BuriedVocals is broken"),
        ("hold me", ["--break", "NoSuch: why"], "there is no rule 'NoSuch'"),
    ],
)
def test_what_cannot_be_sung_is_one_line_and_nothing_is_written(tmp_path, capsys, words, options, message):
    path = tmp_path / "words.txt"
    path.write_text(words, encoding="utf-8")
    assert main(["make", PROMPT, "--lyrics", str(path), *options, *SHORT, "-o", str(tmp_path / "s")]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert re.search(message, error)
    assert not (tmp_path / "s").exists()


def test_a_draft_of_another_language_is_refused(tmp_path, capsys):
    prompt = "ich habe dich verloren und der Regen fällt auf die Stadt"
    assert main(["make", prompt, "--draft-lyrics", *SHORT, "-o", str(tmp_path / "s")]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "written in English" in error
    assert "--lyrics FILE" in error
    assert not (tmp_path / "s").exists()


def test_lyrics_that_may_not_be_english_are_sung_and_said(tmp_path, capsys):
    path = tmp_path / "words.txt"
    path.write_text("ich bin nicht mehr mit der Welt\nund sie ist nicht mit mir", encoding="utf-8")
    assert main(["make", PROMPT, "--lyrics", str(path), *SHORT, "-o", str(tmp_path / "s")]) == 0
    told = [decision for decision in read_song_file(tmp_path / "s").decisions if decision.subject == "language of the lyrics"]
    assert "English" in told[0].because
