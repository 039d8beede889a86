import numpy as np

from daiw.singing.directions import Directions
from daiw.singing.performing import perform_phrases
from daiw.singing.sung import phrases
from daiw.singing.synthesis import sing
from daiw.singing.voice import Voice
from daiw.singing.voice_net import RecallingNet


def seconds(tick):
    return tick / 960.0


class Counting:
    """The networks, counting what they are asked."""

    def __init__(self, net):
        self.net, self.asked = net, []
        self.folder, self.threads = net.folder, net.threads

    def __getattr__(self, name):
        def ask(*arguments):
            self.asked.append(name)
            return getattr(self.net, name)(*arguments)

        return ask


def test_a_chorus_that_comes_back_asks_the_networks_once_and_sounds_as_without_memory(line_of, net):
    once = line_of("leave a light on for me", pitches=(64, 67), ticks=360)
    notes = (*once, *line_of("leave a light on for me", pitches=(64, 67), ticks=360, start=9600))
    counting = Counting(net)
    memory = RecallingNet(counting)
    lines = perform_phrases(phrases(notes, seconds), Voice(), Directions.of((), seconds), memory)
    recalled = [sing(line, Voice(), memory, number) for number, line in enumerate(lines)]
    assert len(lines) == 2
    assert sorted(counting.asked) == ["durations", "prosody", "spectra"]
    plain = perform_phrases(phrases(notes, seconds), Voice(), Directions.of((), seconds), net)
    for sound, line, number in zip(recalled, plain, (0, 1), strict=True):
        np.testing.assert_array_equal(sound.samples, sing(line, Voice(), net, number).samples)
    assert not np.array_equal(recalled[0].samples, recalled[1].samples)


def test_what_is_remembered_stays_within_its_bytes(line_of, net):
    memory = RecallingNet(net, most_bytes=3_000_000)
    for text in ("one two three", "four five six", "seven eight nine"):
        [line] = perform_phrases(phrases(line_of(text), seconds), Voice(), Directions.of((), seconds), memory)
        sing(line, Voice(), memory)
    kept = [value.nbytes for key, value in memory._said.items() if key[0] == "spectra"]
    assert 1 <= len(kept) < 3
    assert sum(kept) <= 4_000_000
