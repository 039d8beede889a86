"""The pieces of the page, one by one."""

import re
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.measure.loudness import k_power
from daiw.music.audio import Audio
from daiw.music.chord import Chord
from daiw.music.mixing import RIDE_LU_PER_ENERGY
from daiw.report.lanes import LOUDNESS_SPAN_LU, WIDTH, arc_fit, lanes
from daiw.report.markup import Html, el, join, plain
from daiw.report.picture import HIGH_HZ, LOW_HZ, png, spectrogram_png
from daiw.report.reasons import marked_prompt
from daiw.report.sheet import chord_sheet, chord_symbol


@given(st.text())
def test_no_text_becomes_markup(text):
    assert not set('<>"') & set(plain(text))
    plain(text).encode()
    assert el("p", text, title=text).count("<") == 2


def test_markup_stays_markup():
    assert join("<", Html("<b>")) == "&lt;<b>"
    assert el("input", a=None, b=False, c=True) == "<input c></input>"


def decoded(data: bytes) -> np.ndarray:
    """(height, width, 3) of an indexed PNG whose rows are not filtered; every chunk's checksum is proved."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert int.from_bytes(data[at + 8 + length : at + 12 + length], "big") == zlib.crc32(name + body)
        chunks[name] = body
        at += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour, chunks[b"IEND"]) == (8, 3, b"")
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)[rows[:, 1:]]


def brightness(data: bytes) -> np.ndarray:
    return decoded(data).astype(float).mean(axis=2)


def height_of_the_loudest(data: bytes) -> float:
    """Share of the height, from the bottom, of the brightest row."""
    picture = brightness(data)
    return 1 - (picture.mean(axis=1).argmax() + 0.5) / len(picture)


@pytest.mark.parametrize("hz", [60.0, 440.0, 5000.0])
def test_a_tone_lies_at_its_frequency(hz):
    wave = 0.3 * np.sin(2 * np.pi * hz * np.arange(3 * 48_000) / 48_000)
    place = height_of_the_loudest(spectrogram_png(Audio(np.stack([wave, wave]).astype(np.float32)), 300, 200))
    assert place == pytest.approx(np.log(hz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ), abs=0.02)


def test_time_runs_to_the_right():
    wave = np.zeros(4 * 48_000, np.float32)
    wave[3 * 48_000 :] = np.sin(np.arange(48_000) * 0.1)
    picture = brightness(spectrogram_png(Audio(wave[None]), 400, 100))
    assert picture.shape == (100, 400)
    assert picture[:, :280].max() < 30 < picture[:, 320:].max()


def test_png_pixels_survive():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    palette = np.arange(36, dtype=np.uint8).reshape(12, 3)
    assert (decoded(png(pixels, palette)) == palette[pixels]).all()


def test_notes_lie_at_their_seconds(page):
    text = lanes(page.plan, page.arrangement, page.master.audio, {"melody": 0, "drums": 3})
    group = re.search(r'data-role="melody".*?</g>', text)[0]
    places = [float(x) for x in re.findall(r"M([\d.]+) ", group)]
    assert len(places) == 48
    assert sorted(places)[:3] == pytest.approx([0, WIDTH * 0.25 / 12, WIDTH * 0.5 / 12], abs=0.06)
    assert len(re.findall("<path", group)) == 2  # two steps of velocity


def test_the_melody_is_drawn_last(page):
    melody, _ = page.arrangement.tracks
    pad = replace(melody, role="pad", notes=tuple(replace(note, duration=10) for note in melody.notes))
    text = lanes(page.plan, replace(page.arrangement, tracks=(melody, pad)), page.master.audio, {"melody": 0, "pad": 4})
    assert re.findall('data-role="(.*?)"', text) == ["pad", "melody"]


def test_loudness_that_follows_the_plan(page):
    assert arc_fit(page.plan, k_power(page.master.audio)) > 0.95
    backwards = Audio(np.ascontiguousarray(page.master.audio.samples[:, ::-1]))
    assert arc_fit(page.plan, k_power(backwards)) < -0.95


def test_the_dashed_line_lies_where_a_song_that_follows_its_plan_would_be(page):
    """Sections 9 LU times their energies about the song's loudness: in the scale of the curves beside it."""
    text = lanes(page.plan, page.arrangement, page.master.audio, {"melody": 0, "drums": 3})
    dashed = re.search(r'd="([^"]*)" class="arc"', text)[1]
    heights = [float(y) for y in re.findall(r" ([\d.]+)H", dashed)]
    energies = [section.energy for section in page.plan.sections]
    assert len(heights) == len(energies)
    falls_lu = (heights[0] - heights[1]) * LOUDNESS_SPAN_LU / 100
    assert falls_lu == pytest.approx(RIDE_LU_PER_ENERGY * (energies[1] - energies[0]), abs=0.1)


def test_chord_symbols_are_written_as_players_write_them():
    assert re.sub("<.*?>", "", chord_symbol(Chord.parse("Bbm7b5/F"))) == "B♭m7♭5/F"


def test_chord_sheet_holds_every_bar_once(page):
    text = chord_sheet(page.plan)
    assert re.findall(r'class="number">(\d+)<', text) == ["1", "2", "3", "4", "5", "6"]
    assert text.count("<details") == 2  # both verses repeat the intro
    assert "flex-grow:960" in text


def test_a_held_chord_is_a_repeat_sign(page):
    held = (replace(page.plan.harmony[0], duration=6 * 1920),)
    text = chord_sheet(replace(page.plan, harmony=held))
    assert text.count('title="F#m7b5 goes on">%<') == 5


def test_marked_words_point_at_their_decision(page):
    assert marked_prompt(page.intent.prompt, page.decisions) == ('slow <a href="#d0" title="valence: -0.50">rain</a> on the roof')
    assert marked_prompt("<b>", page.decisions) == "&lt;b&gt;"


def test_the_shorter_of_two_overlapping_evidences_is_marked(page):
    long, short = replace(page.decisions[0], evidence="slow rain on"), page.decisions[0]
    assert marked_prompt(page.intent.prompt, (long, short)).startswith('slow <a href="#d1"')
