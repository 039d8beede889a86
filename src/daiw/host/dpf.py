"""DPF as our plugins need it: a copy of its sources with `PATCHES` applied, made for one build and thrown away after it.

DPF 1.6 offers a host 2,080 hidden parameters for MIDI controllers, which some hosts take half a minute to look through, and has slips in
how it reads them.  Each change names the line it stands for, so another version of DPF is refused and never half patched.
"""

import shutil
from pathlib import Path

from daiw.errors import PluginError

_MIDI_FIRST = "kVst3InternalParameterMidiCC_start"
PATCHES: dict[str, tuple[tuple[str, str], ...]] = {
    "src/DistrhoPluginVST.hpp": (
        # 56 parameters, and the last of them is no longer taken for the plugin's own first one
        (f"{_MIDI_FIRST} + 130*16,", f"{_MIDI_FIRST} + daiw::kMapped - 1,"),
        ("kVst3InternalParameterCount = kVst3InternalParameterMidiCC_end\n", "kVst3InternalParameterCount\n"),
        (
            "enum Vst3InternalParameters {",
            'END_NAMESPACE_DISTRHO\n#include "midi_map.hpp"\nSTART_NAMESPACE_DISTRHO\nenum Vst3InternalParameters {',
        ),
    ),
    "src/DistrhoPluginVST3.cpp": (
        ("const uint8_t cc = paramId % 130;", "const uint8_t cc = daiw::midiController(paramId);"),
        ("eventStorage.midi[0] = paramId / 130;", "eventStorage.midi[0] = daiw::midiChannel(paramId);"),
        # full bend up is 16383, not 16384, which wraps; and a velocity of 100 must not become 99
        ("std::min(16384, (int)(normalized * 16384))", "std::min(16383, (int)(normalized * 16383 + 0.5))"),
        ("std::min(127, (int)(normalized * 127))", "std::min(127, (int)(normalized * 127 + 0.5))"),
        (
            "std::max(0, std::min(127, (int)(eventStorage.noteOn.velocity * 127)))",
            "std::max(1, std::min(127, (int)(eventStorage.noteOn.velocity * 127 + 0.5)))",
        ),
        ("static_cast<uint8_t>(index / 130) + 1, index % 130);", "daiw::midiChannel(index) + 1, daiw::midiController(index));"),
        ("index / 130 + 1, index % 130);", "daiw::midiChannel(index) + 1, daiw::midiController(index));"),
        ("info->step_count = 127;", "info->step_count = 127;\n            info->default_normalised_value = daiw::midiRest(index);"),
        (
            f"*id = {_MIDI_FIRST} + channel * 130 + cc;",
            "const int found = daiw::midiParameter(channel, cc);\n        if (found < 0)\n            return V3_FALSE;\n"
            f"        *id = {_MIDI_FIRST} + found;",
        ),
        # a controller that was never moved is at rest, not at zero
        ("            return 0.0;\n       #endif", f"            return daiw::midiRest(rindex - {_MIDI_FIRST});\n       #endif"),
        # a host that activates twice starts afresh, as after any other activation
        (
            "        if (active)\n            fPlugin.activate();\n        else",
            "        if (active)\n        {\n            fPlugin.deactivateIfNeeded();\n            fPlugin.activate();\n"
            "        }\n        else",
        ),
        # JUCE lets go in another order than DPF expects; that is no news for a musician's terminal
        ('d_stderr("DPF warning: asked to delete component', 'd_debug("asked to delete component'),
    ),
}


def patched_dpf(dpf: Path, scratch: Path) -> Path:
    """A copy of DPF's distrho/ under `scratch` with `PATCHES` applied; raises PluginError where a line to change is not there."""
    target = scratch / "distrho"
    shutil.copytree(dpf / "distrho", target)
    for name, changes in PATCHES.items():
        path = target / name
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            if old not in text:
                raise PluginError(f"{dpf}: this DPF is not 1.6, which our plugins are written for: {name} has no {old!r}")
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return target
