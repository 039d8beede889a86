import pytest

from daiw.host.soundfont.font import find_font, open_font
from daiw.host.soundfont.zone import DRUM_BANK, zones_of

KEY, VELOCITY, ATTENUATION, PAN, MODES, CLASS = 43, 44, 48, 17, 54, 57


def keys(low: int, high: int) -> tuple[int, int]:
    return KEY, low | high << 8


def test_generators_and_ranges_are_read(make_font):
    font = open_font(make_font([keys(10, 60), (ATTENUATION, 60), (MODES, 1)], [keys(61, 90), (PAN, -500)]))
    low, high = zones_of(font, 0, 0)
    assert (low.keys, high.keys) == ((10, 60), (61, 90))
    assert (low.generators["attenuation"], high.generators["attenuation"]) == (60, 0)
    assert high.generators["pan"] == -500
    assert low.loop == (64, 192)
    assert high.loop is None
    assert low.rate == 32_000
    assert low.root == pytest.approx(71 + 0.21, abs=0.02)  # 500 Hz lie 21 cents above B4


def test_a_missing_bank_falls_to_the_first_and_a_missing_program_has_no_zones(make_font):
    font = open_font(make_font([keys(0, 127)]))
    assert [zone.keys for zone in zones_of(font, 8, 0)] == [(0, 127)]
    assert zones_of(font, 0, 5) == ()


def test_every_program_and_kit_of_the_embedded_font_has_zones():
    font = open_font(find_font([]))
    for bank, programs in ((0, range(128)), (DRUM_BANK, range(128))):
        for program in programs:
            assert zones_of(font, bank, program), (bank, program)
