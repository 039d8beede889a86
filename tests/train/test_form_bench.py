from collections import Counter

import numpy as np
import pytest

from daiw.tokens.harmony import Chart, ChartSection, encode
from daiw.tokens.sheet import SECTION_KINDS, Sheet, no_events
from daiw.train.corpus import held_out
from daiw.train.form_bench import Found, compared, figures, histograms, joined, overlap, planned, real_energies, whole_forms
from daiw.train.harmony import Streams

USUAL = (("intro", 4), ("verse", 8), ("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8))


def streams(*charts):
    made = [encode(chart) for chart in charts]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in made])])
    tokens = np.concatenate([np.array(one, np.int16) for one in made]) if made else np.zeros(0, np.int16)
    return Streams(tokens, starts, tuple(chart.name for chart in charts))


def chart(name, sections, meter="4/4"):
    return Chart(name, "billboard", False, meter, tuple(ChartSection(kind, (((0, 0),),) * bars) for kind, bars in sections))


def test_only_whole_named_songs_in_four_four_are_compared_with():
    held = streams(
        chart("billboard/1.0", USUAL), chart("billboard/2.0", USUAL), chart("billboard/3.0", USUAL, "3/4"),
        chart("billboard/4.0", (("other", 16), ("verse", 16))), chart("billboard/5.0", (("verse", 8),)), chart("pop909/6.0", USUAL),
    )  # fmt: skip
    training = streams(chart("billboard/2.1", USUAL))
    assert whole_forms(held, training, "billboard") == [joined(USUAL)]


def test_neighbours_of_one_kind_are_one_section_and_what_returns_is_counted():
    found = {name: values[0] for name, values in figures([joined(USUAL)]).items()}
    assert found["sections"] == 5
    assert found["kinds of section"] == 3
    assert found["times the chorus comes"] == 2
    assert found["share of bars that return"] == 16 / 44
    assert found["longest section, share of the song"] == 16 / 44
    assert found["share of the song before its first chorus"] == 20 / 44
    assert found["no chorus after the last verse"] == found["last chorus shorter than the first"] == 0
    odd = {
        name: values[0] for name, values in figures([(*joined(USUAL), ("verse", 8), ("bridge", 8), ("chorus", 4), ("verse", 4))]).items()
    }
    assert odd["no chorus after the last verse"] == odd["last chorus shorter than the first"] == 1


def test_a_form_overlaps_wholly_with_itself_and_not_with_another():
    mine, other = histograms([joined(USUAL)]), histograms([(("solo", 5), ("bridge", 40))])
    assert [overlap(counts, counts) for counts in mine.values()] == pytest.approx([1.0] * 3)
    assert all(overlap(mine[name], other[name]) == 0 for name in ("kinds, by bars", "what follows what"))
    assert overlap(Counter("aab"), Counter("abb")) == pytest.approx(2 / 3)


def test_both_planners_are_asked_for_just_as_many_bars():
    for composer in ("reference", "neural"):
        found = planned(composer, [40, 64])
        assert [sum(bars for _, bars in form) for form in found.forms] == [40, 64]
        assert np.mean(found.energies["chorus"]) > np.mean(found.energies["verse"])
    table = compared([joined(USUAL), found.forms[0]], {"neural": Found(found.forms, found.energies)})
    assert table["real"]["sections"][2] == 2
    assert 0 < table["overlap with real"]["neural"]["kinds, by bars"] < 1


def test_energy_is_the_loudness_of_a_section_within_its_song():
    name = next(f"pop909/{i:03}.0" for i in range(900) if held_out(f"pop909/{i:03}.0"))
    kinds = [SECTION_KINDS.index(kind) for kind in ("intro", "verse", "chorus", "verse")]
    level = (40.0,) * 4 + (60.0,) * 4 + (90.0,) * 4 + (0.0, 60.0, 60.0, 60.0)
    sheet = Sheet(name, "pop909", "4/4", 16, no_events(), no_events(), tuple(zip((0, 4, 8, 12), kinds, strict=True)), 100.0, False, level)
    strong = real_energies([sheet])
    assert strong["verse"][0] == strong["verse"][1]
    assert strong["intro"][0] < strong["verse"][0] < strong["chorus"][0]
