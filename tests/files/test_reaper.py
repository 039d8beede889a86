import base64
import re
from dataclasses import replace

import pytest

from daiw.files.reaper import quoted, rpp_bytes
from daiw.files.session import Strip
from daiw.music.score import Arrangement, Note, Timeline, Track


def parse(text):
    """Blocks as (words, children), lines as words: a reader of our own, by the format's two rules."""
    root = ([], [])
    stack = [root]
    for line in text.split("\r\n"):
        line = line.strip()
        if line.startswith("<"):
            block = (words(line[1:]), [])
            stack[-1][1].append(block)
            stack.append(block)
        elif line == ">":
            stack.pop()
        elif line:
            stack[-1][1].append((words(line), None))
    assert stack == [root]
    return root[1][0]


def words(line):
    if line.startswith("|"):
        return [line]
    return [next(part for part in found if part is not None) for found in (match.groups() for match in WORD.finditer(line))]


WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|`([^`]*)`|(\S+)")


def lines(block, name):
    return [entry[0][1:] for entry in block[1] if entry[0][0] == name]


def blocks(block, name):
    return [entry for entry in block[1] if entry[1] is not None and entry[0][0] == name]


@pytest.fixture
def project(session):
    return parse(rpp_bytes(session).decode())


def source(track):
    return blocks(blocks(track, "ITEM")[0], "SOURCE")[0]


def test_tempo_and_meter_map(session, project):
    assert lines(project, "TEMPO") == [["96", "4", "4"]]
    seconds = session.arrangement.timeline.tempos.seconds
    points = lines(blocks(project, "TEMPOENVEX")[0], "PT")
    assert [(float(point[0]), float(point[1])) for point in points] == [
        (0.0, 96.0), (pytest.approx(seconds(7680)), 84.5), (pytest.approx(seconds(8160)), 71.25),
    ]  # fmt: skip
    assert [point[2:] for point in points] == [["1", str(4 + 4 * 65536)], ["1", str(3 + 4 * 65536)], ["1"]]


def test_sections_are_regions_end_to_end(session, project):
    seconds = session.arrangement.timeline.tempos.seconds
    regions = lines(project, "MARKER")
    assert [region[2] for region in regions] == ["verse", "", 'chorus "big"', "", "outro", ""]
    assert [float(region[1]) for region in regions] == [pytest.approx(seconds(tick)) for tick in (0, 3840, 3840, 7680, 7680, 10560)]
    assert {region[3] for region in regions} == {"1"}


def test_midi_items_play_the_same_notes(session, project):
    by_name = {lines(track, "NAME")[0][0]: track for track in blocks(project, "TRACK")}
    for track in session.arrangement.tracks:
        now, held, found, controls = 0, {}, [], []
        midi = source(by_name[track.role])
        assert midi[0] == ["SOURCE", "MIDI"]
        assert lines(midi, "HASDATA") == [["1", "480", "QN"]]
        for entry in midi[1]:
            if entry[0][0] not in ("E", "X"):
                continue
            now += int(entry[0][1])
            if entry[0][0] == "X":
                continue
            status, one, two = (int(byte, 16) for byte in entry[0][2:])
            assert status & 15 == (9 if track.drums else 0) or (status, one) == (0xB0, 123)
            if status >> 4 == 9:
                held[one] = now, two
            elif status >> 4 == 8:
                start, velocity = held.pop(one)
                found.append((start, now - start, one, velocity))
            else:
                controls.append((now, status >> 4, one, two))
        assert held == {}
        assert sorted(found) == sorted((note.start, note.duration, note.pitch, note.velocity) for note in track.notes)
        assert controls[-1] == (session.end, 11, 123, 0)
        if track.role == "chords":
            assert controls[:-1] == [(0, 12, 4, 0), (0, 11, 64, 127), (480, 14, 1, 32), (1910, 11, 64, 0)]
        else:
            assert controls[:-1] == [(0, 12, track.program, 0)]


def test_a_key_is_let_go_before_it_is_struck_again(session):
    again = Track("melody", "x", (Note(0, 480, 60, 80), Note(480, 480, 60, 90)))
    project = parse(rpp_bytes(replace(session, arrangement=Arrangement((again,), Timeline(end=960)))).decode())
    assert [words[1:] for words in lines(source(blocks(project, "TRACK")[0]), "E")][1:] == [
        ["90", "3c", "50"], ["80", "3c", "40"], ["90", "3c", "5a"], ["80", "3c", "40"], ["b0", "7b", "00"],
    ]  # fmt: skip


def test_anything_with_notes_becomes_a_balanced_project(stranger):
    project = parse(rpp_bytes(stranger).decode())
    assert [lines(track, "NAME")[0][0] for track in blocks(project, "TRACK")] == [
        *(track.role for track in stranger.arrangement.tracks), "x stem",
    ]  # fmt: skip


def test_lyrics_are_midi_lyrics(project):
    melody = next(track for track in blocks(project, "TRACK") if lines(track, "NAME") == [["melody"]])
    texts = [base64.b64decode(block[1][0][0][0]) for block in blocks(source(melody), "X")]
    assert texts[:3] == [b"\xff\x05the", b"\xff\x05win-", b"\xff\x05dow"]
    assert [block[0][-1] for block in blocks(source(melody), "X")][:3] == ["the", "win-", "dow"]


def test_stems_are_audio_items_at_unity(session, project):
    tracks = blocks(project, "TRACK")
    assert [lines(track, "NAME")[0][0] for track in tracks] == ["bass", "melody", "chords", "drums", "melody stem", "reverb stem"]
    for track, stem in zip(tracks[4:], session.stems, strict=True):
        item = blocks(track, "ITEM")[0]
        assert lines(item, "POSITION") == [["0"]]
        assert float(lines(item, "LENGTH")[0][0]) == stem.duration_s
        assert source(track)[0] == ["SOURCE", "WAVE"]
        assert lines(source(track), "FILE") == [[stem.path]]
    assert {tuple(lines(track, "VOLPAN")[0]) for track in tracks} == {("1", "0", "-1", "-1", "1")}


def test_note_tracks_stand_where_their_parts_stood(session):
    placed = replace(session, strips={"melody": Strip("flute", -0.5, (("reverb", -6.0),))})
    tracks = {lines(track, "NAME")[0][0]: track for track in blocks(parse(rpp_bytes(placed).decode()), "TRACK")}
    assert lines(tracks["melody"], "VOLPAN") == [["1", "-0.5", "-1", "-1", "1"]]
    (heard,) = lines(tracks["reverb stem"], "AUXRECV")
    assert heard[0] == "1"  # the second track, counted from 0
    assert float(heard[2]) == pytest.approx(10 ** (-6 / 20))
    assert lines(tracks["melody stem"], "AUXRECV") == []
    assert lines(tracks["reverb stem"], "VOLPAN") == [["1", "0", "-1", "-1", "1"]]


def test_identities_differ_and_stay(session, project):
    guids = [track[0][1] for track in blocks(project, "TRACK")]
    assert len(set(guids)) == len(guids)
    assert rpp_bytes(session) == rpp_bytes(session)


@pytest.mark.parametrize("text", ["plain", "", 'say "no"', 'it\'s "no"', "all `of` 'them' \"here\"", "two\nlines"])
def test_any_text_is_one_word(text):
    assert len(words(quoted(text))) == 1
    assert "\n" not in quoted(text)
