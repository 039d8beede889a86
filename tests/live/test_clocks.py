import math
import random

import pytest

from daiw.live.clocks import CLOCK_TICKS, ExternalClock, InternalClock


def run_clocks(clock, bpm, count, start=0.0, jitter=lambda: 0.0):
    period = 60.0 / 24 / bpm
    for i in range(count):
        clock.clock(start + i * period + jitter())
    return start + count * period


def test_half_an_hour_drifts_by_no_tick():
    clock = InternalClock(127.3)
    clock.start(1000.0, 0)
    for second in range(1, 1801):
        assert clock.tick(1000.0 + second) == pytest.approx(second * 127.3 * 8, abs=1e-6)


def test_tempo_changes_do_not_add_up_errors():
    clock = InternalClock(120.0)
    clock.start(0.0, 0)
    expected = 0.0
    for i in range(1, 2001):  # half an hour of a change in every bar
        bpm = 90.0 + i % 60
        expected = expected + 1920 / (clock.bpm * 8)
        clock.set_tempo(1920 * i, bpm)
        assert clock.when(1920 * i) == pytest.approx(expected, abs=1e-6)


def test_a_late_tempo_change_counts_from_its_tick():
    clock = InternalClock(120.0)
    clock.start(0.0, 0)
    clock.set_tempo(960, 60.0)  # whenever it is called
    assert clock.when(960 + 480) == pytest.approx(1.0 + 1.0)


def test_follows_a_clock_and_counts_every_one():
    clock = ExternalClock()
    clock.start()
    end = run_clocks(clock, 100.0, 24 * 8 + 1)
    assert clock.bpm == pytest.approx(100.0, rel=1e-3)
    assert clock.tick(end - 60.0 / 24 / 100) == pytest.approx(480 * 8, abs=0.5)


def test_jitter_is_smoothed():
    rng = random.Random(1)
    clock = ExternalClock()
    clock.start()
    run_clocks(clock, 120.0, 24 * 32, jitter=lambda: rng.uniform(-0.004, 0.004))
    assert clock.bpm == pytest.approx(120.0, rel=0.03)
    assert clock.strays == 0
    assert clock.advice == ""


def test_nothing_is_due_beyond_the_clock_that_has_not_come():
    clock = ExternalClock()
    clock.start()
    end = run_clocks(clock, 120.0, 48)
    assert clock.when(47 * CLOCK_TICKS + 5) < math.inf
    assert clock.when(48 * CLOCK_TICKS) == math.inf
    assert clock.tick(end + 10.0) < 48 * CLOCK_TICKS
    assert not clock.lost(end + 0.1)
    assert clock.lost(end + 1.0)


@pytest.mark.parametrize("bpm", [60.0, 180.0, 240.0, 400.0])
def test_another_tempo_is_followed_without_losing_the_count(bpm):
    clock = ExternalClock()
    clock.start()
    end = run_clocks(clock, 120.0, 96)
    after = run_clocks(clock, bpm, 96, start=end + 60 / 24 / bpm - 60 / 24 / 120)
    assert clock.bpm == pytest.approx(bpm, rel=0.02)
    assert clock.tick(after - 60 / 24 / bpm) == pytest.approx(191 * CLOCK_TICKS, abs=CLOCK_TICKS + 1)


def test_a_runaway_clock_is_not_followed():
    clock = ExternalClock()
    clock.start()
    end = run_clocks(clock, 120.0, 96)
    run_clocks(clock, 900.0, 400, start=end)
    assert clock.bpm < 200
    assert "beyond 400" in clock.advice


def test_two_clocks_are_told_and_only_one_is_followed():
    clock = ExternalClock()
    clock.start()
    end = run_clocks(clock, 120.0, 96)
    period = 60 / 24 / 120
    for i in range(480):
        clock.clock(end + i * period)
        clock.clock(end + i * period + 0.3 * period)
    assert clock.bpm == pytest.approx(120.0, rel=0.05)
    assert "two clocks" in clock.advice
    assert clock.tick(end + 479 * period + 0.001) == pytest.approx((96 + 479) * CLOCK_TICKS, abs=2 * CLOCK_TICKS)


def test_song_position_and_continue():
    clock = ExternalClock()
    clock.locate(1920 * 4)
    clock.resume()
    run_clocks(clock, 120.0, 25)
    assert clock.tick(24 * 60 / 24 / 120) == pytest.approx(1920 * 4 + 480, abs=0.5)
    clock.stop(10.0)
    assert not clock.running
    at = clock.tick(11.0)
    assert at == clock.tick(12.0)


def test_clocks_that_come_all_at_once_are_counted():
    clock = ExternalClock()
    clock.start()
    for _ in range(100):
        clock.clock(5.0)
    assert 0 <= clock.tick(5.0) <= 100 * CLOCK_TICKS
