// What DPF must know of the test plugin; RIG_KIND: 0 instrument, 1 stereo effect, 2 mono effect, 3 effect that delays and says so,
// 4 instrument with four channels in one bus, 5 instrument with two stereo buses, 6 stereo effect that listens to a side chain.
#pragma once
#ifndef RIG_KIND
#define RIG_KIND 0
#endif
#define DISTRHO_PLUGIN_BRAND "DAiW tests"
#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_RT_SAFE 0
#define DISTRHO_PLUGIN_WANT_LATENCY 1
#if RIG_KIND == 0 || RIG_KIND == 4 || RIG_KIND == 5
#define RIG_SYNTH 1
#if RIG_KIND == 0
#define DISTRHO_PLUGIN_NAME "Rig Synth"
#define DISTRHO_PLUGIN_URI "urn:daiw:rig:synth"
#define DISTRHO_PLUGIN_NUM_OUTPUTS 2
#elif RIG_KIND == 4
#define DISTRHO_PLUGIN_NAME "Rig Quad"
#define DISTRHO_PLUGIN_URI "urn:daiw:rig:quad"
#define DISTRHO_PLUGIN_NUM_OUTPUTS 4
#else
#define DISTRHO_PLUGIN_NAME "Rig Buses"
#define DISTRHO_PLUGIN_URI "urn:daiw:rig:buses"
#define DISTRHO_PLUGIN_NUM_OUTPUTS 4
#endif
#define RIG_CHANNELS DISTRHO_PLUGIN_NUM_OUTPUTS
#define DISTRHO_PLUGIN_IS_SYNTH 1
#define DISTRHO_PLUGIN_WANT_MIDI_INPUT 1
#define DISTRHO_PLUGIN_NUM_INPUTS 0
#define DISTRHO_PLUGIN_VST3_CATEGORIES "Instrument|Synth"
#else
#define RIG_SYNTH 0
#if RIG_KIND == 1
#define DISTRHO_PLUGIN_NAME "Rig Stereo"
#define DISTRHO_PLUGIN_URI "urn:daiw:rig:stereo"
#define RIG_CHANNELS 2
#elif RIG_KIND == 2
#define DISTRHO_PLUGIN_NAME "Rig Mono"
#define DISTRHO_PLUGIN_URI "urn:daiw:rig:mono"
#define RIG_CHANNELS 1
#elif RIG_KIND == 3
#define DISTRHO_PLUGIN_NAME "Rig Delay"
#define DISTRHO_PLUGIN_URI "urn:daiw:rig:delay"
#define RIG_CHANNELS 2
#else
#define DISTRHO_PLUGIN_NAME "Rig Side"
#define DISTRHO_PLUGIN_URI "urn:daiw:rig:side"
#define RIG_CHANNELS 2
#endif
#define DISTRHO_PLUGIN_NUM_INPUTS (RIG_CHANNELS + (RIG_KIND == 6 ? 2 : 0))
#define DISTRHO_PLUGIN_NUM_OUTPUTS RIG_CHANNELS
#define DISTRHO_PLUGIN_VST3_CATEGORIES "Fx|Tools"
#endif
