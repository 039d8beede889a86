import random

import pytest

from daiw.live.bars import LiveBar, LiveControl, LiveNote
from daiw.live.player import CLOCK, Player, song_position


def play(player, bars, until):
    for bar in bars:
        player.put(bar)
    for tick in range(player.position, until, 7):
        player.advance(tick)


def test_every_note_is_struck_at_its_tick_and_ends(player, tape, make_bar):
    play(player, [make_bar(0), make_bar(1, last=True)], 4000)
    assert tape.notes(0x90) == [(tick, 60) for tick in range(0, 3840, 480)]
    assert tape.notes(0x80) == [(tick + 240, 60) for tick in range(0, 3840, 480)]
    assert player.finished


def test_a_late_call_drops_nothing(player, tape, make_bar):
    for index in range(3):
        player.put(make_bar(index))
    player.advance(1920 * 3 - 100)
    assert len(tape.notes(0x90)) == 12
    assert len(tape.notes(0x80)) == 12


def test_clocks_are_24_a_quarter_and_in_order(player, tape, make_bar):
    play(player, [make_bar(i) for i in range(4)], 1920 * 3)
    ticks = [tick for tick, message in tape.events if message == CLOCK]
    assert ticks == list(range(0, ticks[-1] + 1, 20))
    due = [tick for tick, message in tape.events]
    assert due == sorted(due)


def test_a_missing_bar_is_repeated_and_said(player, tape, make_bar):
    player.put(make_bar(0, pitch=64))
    player.advance(1920 * 3 + 10)
    assert player.repeated == 3
    assert player.repeats >= 2
    assert [tick for tick, _ in tape.notes(0x90)] == list(range(0, 1920 * 3 + 10, 480))


def test_a_long_wait_thins_out(player, tape):
    player.put(LiveBar(0, 1920, 480, 0, (LiveNote(0, 240, 0, 72, 80), LiveNote(0, 240, 4, 40, 80))))
    player.advance(1920 * 12)
    tune = [tick for tick, pitch in tape.notes(0x90) if pitch == 72]
    bass = [tick for tick, pitch in tape.notes(0x90) if pitch == 40]
    assert len(tune) == 5
    assert len(bass) == 13


def test_new_music_takes_over_at_the_next_beat(player, tape, make_bar):
    player.put(make_bar(0, 0, pitch=60))
    player.put(make_bar(1, 0, pitch=60))
    player.advance(600)
    player.put(make_bar(0, 1, pitch=67))
    player.put(make_bar(1, 1, pitch=67))
    player.advance(3000)
    assert tape.notes(0x90)[:5] == [(0, 60), (480, 60), (960, 67), (1440, 67), (1920, 67)]
    player.silence()
    assert tape.hanging() == []


def test_a_held_chord_changes_without_a_gap(player, tape):
    old = LiveBar(0, 1920, 480, 0, (LiveNote(0, 3840, 3, 60, 70), LiveNote(0, 3840, 3, 64, 70)))
    player.put(old)
    player.advance(500)
    new = LiveBar(0, 1920, 480, 1, (LiveNote(0, 1920, 3, 60, 70), LiveNote(0, 1920, 3, 63, 70)))
    player.put(new)
    player.advance(1000)
    assert tape.notes(0x90) == [(0, 60), (0, 64), (960, 63)]  # 60 is common and goes on
    assert tape.notes(0x80) == [(960, 64)]


def test_a_note_held_over_the_bar_line_ends_where_the_new_music_has_none(player, tape, make_bar):
    player.put(LiveBar(0, 1920, 480, 0, (LiveNote(0, 9000, 3, 60, 70),)))
    player.put(make_bar(1, 1, pitch=72))
    player.advance(1930)
    assert (1920, 60) in tape.notes(0x80)


def test_an_early_note_is_not_struck_twice_by_a_change(player, tape, make_bar):
    player.put(make_bar(0, 0))
    player.put(LiveBar(1920, 1920, 480, 0, (LiveNote(1905, 2300, 0, 62, 80),)))
    player.advance(1906)
    player.put(LiveBar(1920, 1920, 480, 1, (LiveNote(1925, 2300, 0, 62, 80), LiveNote(2400, 2500, 0, 64, 80))))
    player.advance(3000)
    assert [tick for tick, pitch in tape.notes(0x90) if pitch == 62] == [1905]
    assert tape.hanging() == []


def test_the_pedal_is_lifted_when_the_music_changes(player, tape, make_bar):
    down = (LiveControl(100, bytes([0xB2, 64, 127])),)
    player.put(LiveBar(0, 1920, 480, 0, (LiveNote(0, 400, 2, 60, 80),), controls=down))
    player.put(make_bar(1, 1, channel=2))
    player.advance(2000)
    assert (1920, bytes([0xB2, 64, 0])) in tape.events


def test_entering_in_the_middle_strikes_what_should_sound(player, tape, make_bar):
    held = (LiveNote(0, 5000, 3, 60, 70),)
    player.put(make_bar(1, held=held))
    player.locate(1920 + 960)
    player.advance(1920 + 1000)
    assert (1920 + 960, 60) in tape.notes(0x90)


def test_silence_says_all_notes_off(player, tape, make_bar):
    player.put(make_bar(0, length=470))
    player.advance(10)
    player.silence()
    assert tape.hanging() == []
    assert tape.events[-1][1] == bytes([0xB0, 123, 0])


def test_song_position_counts_sixteenths():
    assert song_position(1920 * 3) == bytes([0xF2, 48, 0])
    assert song_position(10**9) == bytes([0xF2, 127, 127])


@pytest.mark.slow
def test_a_thousand_starts_stops_changes_and_jumps_leave_no_note_hanging(make_bar, new_tape):
    for seed in range(1000):
        rng = random.Random(seed)
        tape = new_tape()
        player = Player(tape.send)
        version = 0
        for _ in range(rng.randrange(2, 7)):
            here = player.position // 1920
            act = rng.choice(("put", "put", "put", "locate", "silence", "forget", "wait"))
            if act == "put":
                version += 1
                for index in range(here, here + rng.randrange(1, 4)):
                    held = (LiveNote(index * 1920 - 500, index * 1920 + rng.randrange(1, 4000), 3, 48 + version % 12, 60),)
                    length = rng.choice((50, 240, 900, 5000))
                    bar = make_bar(index, version, pitch=60 + version % 5, step=rng.choice((120, 240, 480)), length=length, held=held)
                    player.put(bar)
            elif act == "locate":
                player.locate(rng.randrange(0, 20000))
            elif act == "silence":
                player.silence()
                assert tape.hanging() == []
            elif act == "forget":
                player.forget(player.position + rng.randrange(0, 4000))
            player.advance(player.position + rng.randrange(0, 5000))
        player.silence()  # stop, Ctrl-C, a crash: all end here
        assert tape.hanging() == [], seed
        assert player.sounding == 0
