import numpy as np
import pytest

from daiw.files.shipped import shipped
from daiw.host.build import build_plugin

RATE = 48_000


def opened(name, toolchain):
    """A plugin of ours in this process, built into its folder."""
    import pedalboard

    bundle, _ = build_plugin(shipped("plugins") / name, toolchain)
    return pedalboard.load_plugin(str(bundle))


class Keys:
    """daiw-keys under a test's hands: programs, parameters by name, notes in seconds."""

    def __init__(self, plugin):
        self.plugin = plugin
        self.programs = list(plugin.parameters["current_program"].valid_values)

    def use(self, program=None, **settings):
        self.plugin.parameters["current_program"].raw_value = self.programs.index(program or "Tine") / (len(self.programs) - 1)
        for name, value in settings.items():
            setattr(self.plugin, name, value)
        return self

    def play(self, events, seconds, rate=RATE, buffer_size=8192):
        """events: (seconds, bytes ...) tuples."""
        messages = [(bytes(data), at) for at, *data in sorted(events, key=lambda event: event[0])]
        return self.plugin(messages, duration=seconds, sample_rate=rate, num_channels=2, buffer_size=buffer_size, reset=True)


def note(pitch, on=0.0, off=1.0, velocity=100, channel=0):
    return [(on, 0x90 | channel, pitch, velocity), (off, 0x80 | channel, pitch, 0)]


def decibels(power):
    return 10.0 * np.log10(power + 1e-20)


def spectrum(sound, rate=RATE):
    """Power a bin under a window whose side lobes lie below -120 dB, and the bins' frequencies."""
    return np.abs(np.fft.rfft(sound * np.kaiser(len(sound), 18.0))) ** 2, np.fft.rfftfreq(len(sound), 1.0 / rate)


@pytest.fixture(scope="session")
def keys(toolchain):
    return Keys(opened("daiw_keys", toolchain))


@pytest.fixture(scope="session")
def tone(toolchain):
    return opened("daiw_tone", toolchain)
