import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.cli.main import main
from daiw.errors import PromptError
from daiw.files.midi import write_midi
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.music.time import Meter
from daiw.tokens.vocab import TIMING
from daiw.train.own.material import Material
from daiw.train.own.reading import read_folder
from daiw.train.own.sanity import in_words, sanity, splits_of
from daiw.train.own.splitting import groups_of, held_out
from daiw.train.own.tasks import made, pieces

from .songs import folder_of, song


def read(folder):
    reading = read_folder(folder)
    return reading, [Material(one) for one in reading.songs]


def test_parts_key_meter_and_tempo_are_found(tmp_path):
    write_midi(song(3, transpose=2, markers=((0, "Intro"), (4 * 1920, "verse 1"), (12 * 1920, "CHORUS"))), tmp_path / "a.mid")
    _, (material,) = read(tmp_path)
    assert {role: bool(notes) for role, notes in material.song.parts.items()} == dict.fromkeys(("melody", "chords", "bass", "drums"), True)
    assert str(material.song.key) in ("D major", "B minor")
    assert material.song.bpm == pytest.approx(103.0, abs=0.01)
    assert material.sections() == ((0, 1), (4, 2), (12, 3))
    assert material.lead is not None
    roots = [int(root) for start, root, _ in material.lead.chords if start % 48 == 0]
    assert roots == [(0, 5, 7, 9)[(bar + 3) % 4] for bar in range(24)]  # C F G Am in the neutral key
    assert material.band is not None
    assert material.take is not None
    assert material.chart is not None


def test_transposed_copies_are_kept_together_and_exact_ones_used_once(tmp_path):
    folder_of(tmp_path, 5)
    write_midi(song(1, transpose=5), tmp_path / "higher.mid")
    (tmp_path / "copy.mid").write_bytes((tmp_path / "song 2.mid").read_bytes())
    reading, _ = read(tmp_path)
    assert reading.same == {"song 2.mid": "copy.mid"}
    names = [[reading.songs[i].name for i in group] for group in groups_of(reading.songs) if len(group) > 1]
    assert names == [["higher.mid", "song 1.mid"]]
    groups = groups_of(reading.songs)
    kept = held_out(reading.songs, groups)
    assert kept
    assert len(kept) < len(reading.songs)
    assert all(set(group) <= kept or not set(group) & kept for group in groups)


def test_what_is_wrong_with_a_file_costs_only_that_file(tmp_path):
    folder_of(tmp_path, 4)
    good = (tmp_path / "song 0.mid").read_bytes()
    (tmp_path / "cut.mid").write_bytes(good[: len(good) // 2])
    (tmp_path / "text.mid").write_text("not a MIDI file at all, but somebody's lyrics")
    (tmp_path / "empty.mid").write_bytes(b"")
    (tmp_path / "folder.mid").mkdir()
    write_midi(Arrangement((Track("lead", "gm", (Note(0, 480, 60, 80),)),), Timeline(end=1920)), tmp_path / "one note.mid")
    write_midi(song(5, meter=Meter(7, 8)), tmp_path / "seven.mid")
    write_midi(song(6, bars=4), tmp_path / "short.mid")
    rng = np.random.default_rng(1)
    noise = tuple(
        sorted(Note(int(t), 100, int(p), 80) for t, p in zip(rng.integers(0, 40000, 400), rng.integers(30, 100, 400), strict=True))
    )
    write_midi(Arrangement((Track("lead", "gm", noise),), Timeline(end=48000)), tmp_path / "noise.mid")
    long = tuple(Note(i * 1920, 400, 60 + i % 12, 80) for i in range(900))
    write_midi(Arrangement((Track("lead", "gm", long),), Timeline(end=901 * 1920)), tmp_path / "long.mid")
    reading, materials = read(tmp_path)
    why = {refused.name: refused.why for refused in reading.refused}
    assert len(reading.songs) >= 4
    assert "1 notes" in why["one note.mid"]
    assert "7/8" in why["seven.mid"]
    assert "4 bars" in why["short.mid"]
    assert "off its own bar lines" in why["noise.mid"]
    assert "minutes" in why["long.mid"]
    assert {"text.mid", "empty.mid", "folder.mid"} <= set(why)
    words = "\n".join(in_words(sanity(reading, materials, splits_of(materials))))
    assert "seven.mid: is in 7/8" in words


@given(st.binary(max_size=300))
def test_hostile_bytes_are_refused_or_read_and_nothing_else(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "x.mid").write_bytes(b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk" + data)
    reading, materials = read(folder)
    assert len(reading.songs) + len(reading.refused) == 1
    sanity(reading, materials, splits_of(materials))


def test_a_folder_with_nothing_in_it_is_one_line(tmp_path, capsys):
    (tmp_path / "none").mkdir()
    for name, says in (("none", "holds no MIDI files"), ("missing", "no such folder")):
        with pytest.raises(PromptError, match=says):
            read_folder(tmp_path / name)
        assert main(["train", "--on", str(tmp_path / name), "--check"]) == 2
        assert says in capsys.readouterr().err


def test_too_little_material_is_said_for_each_network(tmp_path):
    folder_of(tmp_path, 6, roles=("lead",))
    _, materials = read(tmp_path)
    splits = {split.network: split for split in splits_of(materials)}
    assert splits["lead"].why_not == ""
    assert "no songs with it; 3 are needed" in splits["band"].why_not
    assert "no songs" in splits["kit"].why_not
    assert "no songs" in splits["harmony"].why_not  # chords guessed from a tune are not learnt
    assert not any(name.startswith("chords") for name, *_ in made("lead", materials[0], training=True))
    few = {split.network: split for split in splits_of(materials[:2])}
    assert "2 songs with it; 3 are needed" in few["lead"].why_not


def test_drums_on_the_grid_teach_no_timing_and_played_ones_do(tmp_path):
    folder_of(tmp_path / "machine", 4, roles=("drums", "bass"))
    _, straight = read(tmp_path / "machine")
    assert all(material.quantised for material in straight)
    rng = np.random.default_rng(2)
    played = song(1, roles=("drums", "bass"))
    drums = tuple(sorted(Note(max(0, n.start + int(rng.normal(0, 8))), n.duration, n.pitch, n.velocity) for n in played.tracks[0].notes))
    (tmp_path / "hand").mkdir()
    write_midi(Arrangement((Track("drums", "gm", drums, drums=True), played.tracks[1]), played.timeline), tmp_path / "hand" / "a.mid")
    _, (loose,) = read(tmp_path / "hand")
    assert not loose.quantised

    from daiw.nets.own import ComposerFiles
    from daiw.train.own.tasks import OwnWindowsTask
    from daiw.train.settings import Settings

    found = pieces("kit", straight[:3], straight[3:])
    assert found is not None
    batch = OwnWindowsTask("kit", found, Settings(), ComposerFiles()).batch([0, 1], 0)
    timing = (batch.targets >= TIMING.first) & (batch.targets < TIMING.end)
    assert timing.any()
    assert batch.weight[timing].sum() == 0
    assert (batch.weight[~timing] > 0).any()


def test_a_song_without_a_bass_track_gets_the_pianists_left_hand(tmp_path):
    low = song(2, roles=("lead", "piano"))
    piano = low.tracks[1]
    both = tuple(sorted([*piano.notes, *(Note(n.start, n.duration, n.pitch - 24, 70) for n in piano.notes[::3])]))
    write_midi(Arrangement((low.tracks[0], Track("piano", "gm", both)), low.timeline), tmp_path / "a.mid")
    _, (material,) = read(tmp_path)
    assert "bass" not in material.song.parts
    assert material.band is not None
    assert len(material.band.bass) >= 24
