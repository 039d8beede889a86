"""A style that is written for our own plugins plays them where they are built, and plays on where they are not."""

import shutil

import numpy as np
import pytest

from daiw.files.preset import find_preset
from daiw.files.shipped import shipped
from daiw.host.build import build_plugin
from daiw.host.chain import Chain
from daiw.host.registry import load_manifests
from daiw.music.audio import Audio
from daiw.music.manifest import Insert
from daiw.music.score import Arrangement, Note, Timeline, Track
from daiw.pipeline import make
from daiw.stages.render import render
from daiw.studio import Studio

CHORDS = Track("chords", "daiw_keys", tuple(Note(960 * i, 900, pitch, 84) for i in range(4) for pitch in (48, 60, 63, 67)), 4)
SONG = Arrangement((CHORDS,), Timeline(end=3840))


def sounding(studio):
    preset = find_preset("neo-soul")
    assert preset.arrange.role("chords").instruments[0] == "daiw_keys"
    studio.check(preset)
    (stem,) = render(SONG, studio.renderers(SONG), inserts={"chords": studio.inserts(preset)["chords"]}, sample_rate=24_000)
    return stem


@pytest.mark.system
def test_a_style_plays_our_keys_through_our_tone_where_they_are_built(toolchain):
    for name in ("daiw_keys", "daiw_tone"):
        build_plugin(shipped("plugins") / name, toolchain)
    stem = sounding(Studio(use_cache=False))
    assert stem.decisions == ()
    assert [(record.slot, record.title) for record in stem.plugins] == [
        ("instrument", "daiw_keys"),
        ("style insert 1 daiw_tone", "daiw_tone"),
    ]
    assert 0.05 < np.abs(stem.audio.samples).max() < 1.0


def test_without_a_build_the_fallbacks_play_and_the_song_says_so(tmp_path):
    shutil.copytree(shipped("plugins"), tmp_path / "plugins", ignore=shutil.ignore_patterns("*.vst3"))
    stem = sounding(Studio(plugin_folders=(tmp_path / "plugins",), use_cache=False))
    assert [decision.choice for decision in stem.decisions] == ["electric_piano instead of daiw_keys", "no effect instead of daiw_tone"]
    assert all("make plugins builds it" in decision.because for decision in stem.decisions)
    assert 0.05 < np.abs(stem.audio.samples).max() < 1.0


def test_a_newcomer_without_a_compiler_gets_a_whole_song_in_that_style(tmp_path):
    shutil.copytree(shipped("plugins"), tmp_path / "plugins", ignore=shutil.ignore_patterns("*.vst3"))
    studio = Studio(plugin_folders=(tmp_path / "plugins",), use_cache=False)
    song = make("we slow danced in the kitchen", preset="neo-soul", bars=4, studio=studio)
    assert song.instruments["daiw_keys"]["plugin_sha256"] == ""
    song.save(tmp_path / "song")
    assert (tmp_path / "song" / "stems" / "chords.wav").stat().st_size > 100_000
    assert "electric_piano instead of daiw_keys" in (tmp_path / "song" / "song.json").read_text()


@pytest.mark.system
def test_settings_of_tone_reach_it_by_name(toolchain):
    build_plugin(shipped("plugins") / "daiw_tone", toolchain)
    manifests = load_manifests([shipped("plugins")])
    noise = Audio((np.random.default_rng(0).standard_normal((2, 24_000)) * 0.05).astype(np.float32), 48_000)

    def bright(vulnerability):
        sound = Chain((Insert("daiw_tone", {"vulnerability_percent": vulnerability}),), "test", manifests)(
            noise, f"x{vulnerability}"
        ).samples
        power = np.abs(np.fft.rfft(sound[0])) ** 2
        return float(power[len(power) // 3 :].sum() / power.sum())

    assert bright(90.0) < 0.5 * bright(0.0)
