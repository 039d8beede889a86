"""What a person changed is found, nothing else is; what was not touched stays to the tick."""

import random
from dataclasses import replace

import pytest

from daiw.exchange.reconcile import match_tracks, readings, reconcile_parts
from daiw.files.foreign import Foreign
from daiw.files.midi import midi_bytes, parse_arrangement
from daiw.music.score import Arrangement, Control, Note, Track

ALL = frozenset(("tempo", "meter", "key", "markers", "velocity", "controls", "lyrics", "harmony"))


def foreign(arrangement, kind="midi", *, said=ALL, empty=()):
    return Foreign(kind, "x", arrangement, said, empty)


def edited(arrangement, role, edit):
    """The arrangement with the notes of one part edited."""
    tracks = tuple(
        replace(track, notes=tuple(sorted(edit(list(track.notes))))) if track.role.casefold() == role else track
        for track in arrangement.tracks
    )
    return replace(arrangement, tracks=tracks)


def change_of(result, role):
    return next(change for change in result.changes if change.role == role)


@pytest.mark.parametrize("kind", ["midi", "musicxml"])
def test_an_unchanged_file_changes_nothing(arrangement, exports, kind):
    result = reconcile_parts(arrangement, exports, foreign(exports[kind], kind))
    assert result.tracks == arrangement.tracks
    assert all(ours is theirs for ours, theirs in zip(arrangement.tracks, result.tracks, strict=True))
    assert not any(change.changed for change in result.changes)
    assert result.absent == ()
    assert result.known == 1.0


@pytest.mark.parametrize("kind", ["midi", "musicxml"])
@pytest.mark.parametrize("seed", range(25))
def test_edits_are_found_one_by_one(arrangement, exports, kind, seed):
    """Random edits of the melody, each counted as what it is; the other notes do not move by a tick."""
    chance = random.Random(seed)
    wanted = dict.fromkeys(("moved", "repitched", "resized", "louder", "removed", "added"), 0)

    def edit(notes):
        kept = []
        for place, note in enumerate(sorted(notes)):
            what = chance.choice((*wanted, None, None, None, None, None, None, None)) if place % 3 == 0 else None
            if what == "moved":
                note = replace(note, start=note.start + 120)
            elif what == "repitched":
                note = replace(note, pitch=note.pitch + 30)
            elif what == "resized":
                note = replace(note, duration=max(1, note.duration // 2))
            elif what == "louder" and kind == "midi":
                note = replace(note, velocity=min(127, note.velocity + 20))
            elif what == "added":
                kept.append(replace(note, pitch=note.pitch - 40))
            elif what == "removed":
                wanted["removed"] += 1
                continue
            else:
                what = None
            if what:
                wanted[what] += 1
            kept.append(note)
        return kept

    theirs = edited(exports[kind], "melody", edit)
    result = reconcile_parts(arrangement, exports, foreign(theirs, kind))
    change = change_of(result, "melody")
    found = {name: getattr(change, name) for name in wanted}
    assert found == wanted
    ours = {(note.start, note.pitch, note.duration, note.velocity) for note in arrangement.tracks[0].notes}
    now = {(note.start, note.pitch, note.duration, note.velocity) for note in result.tracks[0].notes}
    assert (
        len(ours & now)
        == change.same
        == len(ours) - wanted["removed"] - wanted["moved"] - wanted["repitched"] - wanted["resized"] - wanted["louder"]
    )
    assert len(now) == len(ours) - wanted["removed"] + wanted["added"]
    assert result.tracks[1:] == arrangement.tracks[1:]


def test_a_note_that_was_only_transposed_keeps_its_feel(arrangement, exports):
    def up(notes):
        return [replace(notes[0], pitch=notes[0].pitch + 3), *notes[1:]]

    result = reconcile_parts(arrangement, exports, foreign(edited(exports["musicxml"], "melody", up), "musicxml"))
    before, after = arrangement.tracks[0].notes[0], min(result.tracks[0].notes)
    assert (after.start, after.duration, after.velocity) == (before.start, before.duration, before.velocity)
    assert after.pitch == before.pitch + 3
    assert change_of(result, "melody").spans == ((before.start, before.end),)


def test_a_note_that_was_moved_on_paper_keeps_its_feel(arrangement, exports):
    def later(notes):
        return [replace(notes[0], start=notes[0].start + 120), *notes[1:]]

    result = reconcile_parts(arrangement, exports, foreign(edited(exports["musicxml"], "melody", later), "musicxml"))
    before = arrangement.tracks[0].notes[0]
    assert before.start % 120
    assert replace(before, start=before.start + 120) in result.tracks[0].notes


def test_rests_that_a_score_program_filled_are_no_edit(arrangement):
    """Short notes with long rests, written out to the next note by the other program; one that stops short of it was made longer."""
    stabs = tuple(Note(1920 * bar + 7 + bar, 220, 60 + bar, 80) for bar in range(6))
    ours = Arrangement((Track("melody", "x", stabs, 73),), arrangement.timeline)

    def imported(*lengths):
        notes = tuple(Note(1920 * bar, length, 60 + bar, 80) for bar, length in enumerate(lengths))
        theirs = replace(ours, tracks=(replace(ours.tracks[0], notes=notes),))
        return change_of(reconcile_parts(ours, {"midi": ours}, foreign(theirs)), "melody")

    assert not imported(*[1920] * 5, 240).changed
    assert imported(1920, 960, *[1920] * 3, 240).resized == 1


def quantised(arrangement, step=120, gate=0.95):
    """As a notation program plays it: on its own grid, every note equally short of the next step."""

    def place(note):
        return replace(
            note, start=round(note.start / step) * step, duration=max(1, round(gate * max(step, round((note.duration + 30) / step) * step)))
        )

    return replace(arrangement, tracks=tuple(replace(track, notes=tuple(sorted(map(place, track.notes)))) for track in arrangement.tracks))


def test_quantising_is_no_edit(arrangement, exports):
    result = reconcile_parts(arrangement, exports, foreign(quantised(exports["midi"])))
    assert result.tracks == arrangement.tracks
    rough = quantised(exports["midi"], step=40)
    result = reconcile_parts(arrangement, {"midi": exports["midi"]}, foreign(rough))
    assert not any(change.changed for change in result.changes)


def test_an_edit_is_found_in_a_quantised_file(arrangement, exports):
    def edit(notes):
        return [replace(notes[0], pitch=notes[0].pitch + 1), replace(notes[3], start=notes[3].start + 240), *notes[1:3], *notes[4:-1]]

    result = reconcile_parts(arrangement, exports, foreign(edited(quantised(exports["midi"]), "bass", edit)))
    change = change_of(result, "bass")
    assert (change.repitched, change.moved, change.removed, change.added, change.resized, change.louder) == (1, 1, 1, 0, 0, 0)
    assert not change_of(result, "melody").changed


def test_a_part_is_known_without_its_name(arrangement, exports):
    names = ("Piano", "Track 2", "bass guitar", "Kit")
    theirs = replace(exports["midi"], tracks=tuple(replace(t, role=n) for t, n in zip(exports["midi"].tracks, names, strict=True)))
    result = reconcile_parts(arrangement, exports, foreign(theirs))
    assert result.tracks == arrangement.tracks
    assert [change.role for change in result.changes] == ["melody", "chords", "bass", "drums"]


def test_two_staves_are_one_part(arrangement, exports):
    chords = exports["midi"].tracks[1]
    split = [tuple(note for note in chords.notes if (note.pitch < 60) == low) for low in (False, True)]
    hands = [replace(chords, role=f"piano {i}", notes=notes) for i, notes in enumerate(split)]
    theirs = replace(exports["midi"], tracks=(exports["midi"].tracks[0], *hands))
    result = reconcile_parts(arrangement, exports, foreign(theirs))
    assert result.tracks == arrangement.tracks
    assert result.absent == ("bass", "drums")


def test_absent_emptied_and_new_parts(arrangement, exports):
    solo = Track("trumpet", "gm", (Note(0, 480, 70, 90), Note(500, 480, 72, 90)), 56)
    theirs = replace(exports["midi"], tracks=(exports["midi"].tracks[0], solo))
    result = reconcile_parts(arrangement, exports, foreign(theirs, empty=("Bass", "title")))
    assert result.absent == ("chords", "drums")
    assert change_of(result, "bass").removed == len(arrangement.tracks[2].notes)
    assert [track.role for track in result.tracks] == ["melody", "chords", "bass", "drums", "trumpet"]
    assert change_of(result, "trumpet").new
    assert result.tracks[2].notes == ()
    assert result.tracks[4].notes == solo.notes


def test_another_song_shares_little(arrangement, exports):
    chance = random.Random(9)
    other = edited(exports["midi"], "melody", lambda notes: [Note(chance.randrange(15_000), 100, chance.randrange(128), 80) for _ in notes])
    result = reconcile_parts(arrangement, exports, foreign(replace(other, tracks=other.tracks[:1])))
    assert result.known < 0.2


def test_pedals_are_taken_over_and_mixer_controls_are_not(arrangement, exports):
    chords = exports["midi"].tracks[1]
    assert any(control.number == 64 for control in chords.controls)
    mixer = (Control(0, "cc", 7, 90), Control(0, "cc", 10, 30), Control(0, "cc", 91, 40))

    def imported(controls):
        tracks = tuple(replace(t, controls=controls) if t.role == "chords" else t for t in exports["midi"].tracks)
        return reconcile_parts(arrangement, exports, foreign(replace(exports["midi"], tracks=tracks)))

    assert imported((*chords.controls, *mixer)).tracks == arrangement.tracks
    assert imported(mixer).tracks == arrangement.tracks  # a program that left the pedal out
    wheel = (Control(100, "bend", 0, 400), Control(700, "bend", 0, 0))
    result = imported((*chords.controls, *wheel))
    assert change_of(result, "chords").controls == 1
    assert set(wheel) < set(result.tracks[1].controls)
    assert set(arrangement.tracks[1].controls) < set(result.tracks[1].controls)
    later = tuple(replace(control, tick=control.tick + 50) for control in chords.controls)
    assert set(imported(later).tracks[1].controls) == set(later)


def test_words_are_taken_over(arrangement, exports):
    def sing(notes):
        return [replace(note, lyric="new") if index % 2 == 0 else note for index, note in enumerate(notes)]

    result = reconcile_parts(arrangement, exports, foreign(edited(exports["midi"], "melody", sing)))
    assert change_of(result, "melody").worded == len(arrangement.tracks[0].notes) // 2
    assert result.tracks[0].notes[0].lyric == "new"

    def stray(notes):
        return [replace(notes[0], lyric="Key: D dorian"), *notes[1:]]

    assert reconcile_parts(arrangement, exports, foreign(edited(exports["midi"], "melody", stray))).tracks == arrangement.tracks


def test_another_clock_is_no_edit(arrangement, exports):
    """A program that counts 384 or 960 ticks a quarter rounds ours."""
    for scale in (384 / 480, 96 / 480):

        def there_and_back(tick, scale=scale):
            return round(round(tick * scale) / scale)

        tracks = tuple(
            replace(t, notes=tuple(replace(n, start=there_and_back(n.start), duration=max(1, there_and_back(n.duration))) for n in t.notes))
            for t in exports["midi"].tracks
        )
        theirs = foreign(replace(exports["midi"], tracks=tracks))
        result = reconcile_parts(arrangement, exports, theirs)
        assert not any(change.changed for change in result.changes), scale


@pytest.mark.parametrize("seed", range(25))
def test_whatever_comes_back_is_what_it_will_be(arrangement, exports, seed):
    """The part after an import plays the file's notes, whatever they are."""
    chance = random.Random(seed)
    notes = [
        Note(chance.randrange(4000), chance.randrange(1, 900), chance.randrange(128), chance.randrange(1, 128)) for _ in range(seed + 1)
    ]
    theirs = parse_arrangement(midi_bytes(Arrangement((Track("melody", "gm", tuple(sorted(notes)), 73),), arrangement.timeline)))
    result = reconcile_parts(arrangement, {"midi": exports["midi"]}, foreign(theirs))
    wanted = sorted((note.pitch, note.start, note.duration) for note in theirs.tracks[0].notes)
    now = sorted((note.pitch, note.start, note.duration) for note in result.tracks[0].notes)
    assert len(now) == len(wanted)
    assert [pitch for pitch, _, _ in now] == [pitch for pitch, _, _ in wanted]


def test_a_hundred_thousand_notes_in_a_breath(arrangement, exports):
    many = tuple(Note(i // 4 * 30, 25, 40 + i % 4, 80) for i in range(100_000))
    ours = Arrangement((Track("melody", "x", many, 73),), arrangement.timeline)
    result = reconcile_parts(ours, {"midi": ours}, foreign(ours))
    assert result.tracks == ours.tracks
    known = {"melody": readings(ours.tracks[0], {"midi": ours})}
    assert match_tracks(ours.tracks, known, foreign(ours)) == {0: "melody"}
