// Which MIDI controllers a host may send, as hidden VST3 parameters.
//
// VST3 has no controller events: a host asks for the parameter behind (channel, controller) and automates that.  DPF answers with
// 130 parameters for each of 16 channels, and hosts that look at every parameter then need half a minute to load the plugin.  Here
// bend, pressure and timbre stay per channel, which is what MPE needs; the rest acts on every channel.
#pragma once

#include <cstdint>

namespace daiw {

constexpr int kPressure = 128, kBend = 129, kTimbre = 74;
constexpr int kPerChannel[] = {kBend, kPressure, kTimbre};
constexpr int kForAll[] = {1, 7, 10, 11, 64, 120, 121, 123};
constexpr int kChannels = 16;
constexpr int kMapped = 3 * kChannels + static_cast<int>(sizeof(kForAll) / sizeof(kForAll[0]));

// The hidden parameter behind a controller, or -1 where there is none.
inline int midiParameter(int channel, int controller) {
    for (int kind = 0; kind < 3; ++kind)
        if (controller == kPerChannel[kind])
            return kind * kChannels + channel;
    for (int i = 3 * kChannels; i < kMapped; ++i)
        if (controller == kForAll[i - 3 * kChannels])
            return i;
    return -1;
}

inline int midiController(int parameter) {
    return parameter < 3 * kChannels ? kPerChannel[parameter / kChannels] : kForAll[parameter - 3 * kChannels];
}

inline int midiChannel(int parameter) { return parameter < 3 * kChannels ? parameter % kChannels : 0; }

// Where each controller rests, 0..1: a host that sends every parameter once must not change the sound.
inline double midiRest(int parameter) {
    switch (midiController(parameter)) {
    case kBend: return 8192.0 / 16383.0;
    case kTimbre: return 64.0 / 127.0;
    case 7: return 100.0 / 127.0;
    case 10: return 64.0 / 127.0;
    case 11: return 1.0;
    default: return 0.0;
    }
}

}  // namespace daiw
