"""The main job, as a person meets it: the folder that `daiw make` writes."""

import hashlib
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

import daiw
from daiw.cli.main import main
from daiw.errors import FileFormatError, PromptError
from daiw.files.midi import midi_bytes
from daiw.files.preset import find_preset
from daiw.files.song import SCHEMA, read_song_file
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.preset import Preset
from daiw.nets.composer import load_weights
from daiw.nets.decoder import engine_of
from daiw.nets.harmony_decoder import sessions_of
from daiw.nets.text_encoder import TextEncoder
from daiw.nets.text_match import words_of
from daiw.pipeline import from_intent, understand
from daiw.studio import Studio


def test_the_folder_is_complete(song_folder):
    names = {path.relative_to(song_folder).as_posix() for path in song_folder.rglob("*") if path.is_file()}
    assert {"song.json", "song.mid", "mix.wav", "master.wav", "master.flac", "master.mp3", "report.html"} <= names
    roles = {track.role for track in daiw.read_midi(song_folder / "song.mid").tracks}
    assert {f"stems/{role}.wav" for role in roles} <= names
    assert len(roles) >= 3


def test_every_file_is_in_the_manifest_with_its_hash(song_folder):
    manifest = read_song_file(song_folder)
    files = {path.relative_to(song_folder).as_posix() for path in song_folder.rglob("*") if path.is_file()}
    assert set(manifest.files) == files - {"song.json"}
    for name, entry in manifest.files.items():
        raw = (song_folder / name).read_bytes()
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (entry.bytes, entry.sha256), name


def test_the_manifest_tells_how_the_song_was_made(song_folder):
    manifest = read_song_file(song_folder)
    assert (manifest.schema, manifest.seed) == (SCHEMA, 5)
    assert manifest.plan.bars == 12
    assert {"daiw", "python", "numpy"} <= set(manifest.versions)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in manifest.weights.values())
    assert manifest.weights
    assert set(manifest.instruments) == {track.instrument for track in daiw.remake(song_folder).arrangement.tracks}
    assert {decision.stage for decision in manifest.decisions} >= {"understand", "plan", "arrange", "mix", "master"}


def test_audio_formats_are_the_promised_ones(song_folder):
    subtypes = {name: soundfile.info(song_folder / name) for name in ("mix.wav", "master.wav", "master.flac")}
    assert {name: info.subtype for name, info in subtypes.items()} == {
        "mix.wav": "FLOAT", "master.wav": "PCM_24", "master.flac": "PCM_24",
    }  # fmt: skip
    for path in (song_folder / "stems").glob("*.wav"):
        assert soundfile.info(path).subtype == "FLOAT"
    assert {info.samplerate for info in subtypes.values()} == {48_000}
    assert {info.channels for info in subtypes.values()} == {2}
    assert (song_folder / "master.mp3").stat().st_size > 20_000


def test_the_mix_is_the_sum_of_the_stems(song_folder):
    total = sum(soundfile.read(path, dtype="float64")[0] for path in (song_folder / "stems").glob("*.wav"))
    mixed = soundfile.read(song_folder / "mix.wav", dtype="float64")[0]
    assert np.abs(mixed).max() > 0.01
    assert np.abs(total - mixed).max() < 10 ** (-90 / 20)


@pytest.mark.system
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg judges loudness; .ci/run installs it")
@pytest.mark.parametrize("name", ["master.wav", "master.flac"])
def test_ffmpeg_finds_the_master_at_its_target(song_folder, name):
    command = ["ffmpeg", "-nostats", "-i", str(song_folder / name), "-af", "ebur128=peak=true", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rpartition("Summary:")[2]
    loudness = float(re.search(r"I:\s+(-?[\d.]+) LUFS", told)[1])
    peak = float(re.search(r"Peak:\s+(-?[\d.]+) dBFS", told)[1])
    target = read_song_file(song_folder).preset.master.lufs
    assert loudness == pytest.approx(target, abs=0.3)
    assert peak <= -1.0


def test_remake_gives_the_same_midi_and_audio(song_folder, tmp_path):
    assert main(["remake", str(song_folder), "-o", str(tmp_path / "again"), "--quiet"]) == 0
    assert (tmp_path / "again" / "song.mid").read_bytes() == (song_folder / "song.mid").read_bytes()
    old, new = read_song_file(song_folder).files, read_song_file(tmp_path / "again").files
    same = {name for name in new if new[name] == old[name]}
    assert {name for name in new if name.endswith(".wav")} <= same


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_song():
    songs = [daiw.make("rain on a tin roof", seed=seed, bars=4, preset="lofi") for seed in (1, 1, 2)]
    first, again, other = (midi_bytes(song.arrangement, title=song.title) for song in songs)
    assert first == again
    assert first != other
    np.testing.assert_array_equal(songs[0].master.audio.samples, songs[1].master.audio.samples)


def test_options_hold_exactly():
    song = daiw.make("fast and furious at 170 bpm", bpm=61.5, key="F# dorian", meter="3/4", bars=7, preset="jazz")
    assert song.plan.timeline.tempos.bpm(0) == 61.5
    assert str(song.plan.key) == "F# dorian"
    assert (str(song.plan.meter), song.plan.bars) == ("3/4", 7)
    assert song.preset.name == "jazz"


def test_the_stages_work_alone():
    intent = daiw.understand("a quiet song in F minor about the sea, 8 bars")
    preset = daiw.find_preset("ambient")
    outline = daiw.plan(intent, preset)
    assert (str(outline.key), outline.bars) == ("F minor", 8)
    score = daiw.compose(outline, preset)
    arrangement = daiw.arrange(score, outline, preset)
    stems = daiw.render(arrangement, preset)
    mixed = daiw.mix(stems, preset, plan=outline)
    assert daiw.master(mixed, preset, plan=outline).audio.duration_s > 5


def test_a_preset_may_be_built_in_code():
    mine = daiw.find_preset("lofi")
    song = daiw.make("mine", preset=Preset("mine", mine.about, mine.plan, mine.compose, mine.arrange), bars=2)
    assert song.preset.name == "mine"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        daiw.nonsense  # noqa: B018
    assert set(daiw.__all__) <= set(dir(daiw))
    assert all(getattr(daiw, name) for name in daiw.__all__)


def test_an_unknown_format_is_refused(tmp_path):
    song = daiw.make("x y z", bars=1, preset="ambient")
    with pytest.raises(PromptError, match="no such format: ogg"):
        song.save(tmp_path / "song", formats=["ogg"])
    assert list(tmp_path.iterdir()) == []


BAD_MANIFESTS = [
    ("", "not valid JSON"),
    ("[" * 100_000, "not valid JSON"),
    ("{}", "schema None"),
    ('{"schema": "daiw-song-99"}', "this version of daiw reads"),
    (json.dumps({"schema": SCHEMA, "seed": "x"}), "seed must be a whole number"),
    (json.dumps({"schema": SCHEMA}), "lacks the key 'seed'"),
]


@pytest.mark.parametrize(("text", "message"), BAD_MANIFESTS, ids=lambda value: value[:20])
def test_a_broken_manifest_is_refused(tmp_path, capsys, text, message):
    (tmp_path / "song.json").write_text(text)
    with pytest.raises(FileFormatError, match=message):
        daiw.remake(tmp_path)
    assert main(["remake", str(tmp_path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_remaking_what_is_no_song_folder_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="not a song folder"):
        daiw.remake(tmp_path / "nowhere")


def test_the_neural_composer_writes_other_chords_and_tunes_in_the_same_form_and_is_remade(tmp_path):
    arguments = ["make", "the first warm day", "--bars", "8", "--preset", "pop", "--quiet", "-o"]
    for composer in ("reference", "neural"):
        assert main([*arguments, str(tmp_path / composer), "--composer", composer]) == 0
    ours, theirs = (read_song_file(tmp_path / composer) for composer in ("reference", "neural"))
    assert ours.plan.sections == theirs.plan.sections
    assert (ours.plan.key, ours.plan.timeline) == (theirs.plan.key, theirs.plan.timeline)
    assert ours.plan.harmony != theirs.plan.harmony
    assert (ours.composer, theirs.composer) == ("reference", "neural")
    assert set(theirs.weights) > set(ours.weights)
    tunes = [next(t for t in daiw.read_midi(tmp_path / c / "song.mid").tracks if t.role == "melody") for c in ("reference", "neural")]
    assert tunes[0].notes != tunes[1].notes
    assert any(decision.choice.startswith("candidate") for decision in theirs.decisions)
    assert main(["remake", str(tmp_path / "neural"), "--quiet", "-o", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "song.mid").read_bytes() == (tmp_path / "neural" / "song.mid").read_bytes()


def test_an_unknown_composer_is_refused(capsys, tmp_path):
    assert main(["make", "a song", "--composer", "bach", "-o", str(tmp_path / "song")]) == 2
    assert "composers are reference, mixed, neural" in capsys.readouterr().err


def test_the_prompt_is_encoded_once_to_be_understood_and_to_rank_tunes(monkeypatch):
    encoded, read = [], TextEncoder.read
    monkeypatch.setattr(TextEncoder, "read", lambda self, text: encoded.append(text) or read(self, text))
    studio, preset = Studio(), find_preset("pop")
    intent = understand("rain on the roof, 90 bpm", preset=preset, seed=1, studio=studio)
    before = len(encoded)
    studio.forget_reader()
    composer = studio.composer(preset, "neural", prompt=intent.prompt)
    assert len(encoded) == len(set(encoded)) == before > 0
    np.testing.assert_array_equal(composer.words, words_of(intent.prompt))


def test_the_writing_networks_are_let_go_before_the_sound_unless_a_studio_keeps_them():
    intent = Intent("", Emotion(0.2, 0.3, 0.0), Wishes(bars=4), seed=1)
    from_intent(intent, find_preset("pop"), studio=Studio())
    assert engine_of.cache_info().currsize
    assert sessions_of.cache_info().currsize
    from_intent(intent, find_preset("pop"))
    assert not engine_of.cache_info().currsize
    assert not sessions_of.cache_info().currsize
    assert not load_weights.cache_info().currsize
