// The plugin that tests torture: a plain synth or gain with an enumerated parameter that makes it misbehave.
// RIG_LOAD=crash|hang|slow|print|exit in the environment makes it misbehave while it loads.
#include "DistrhoPlugin.hpp"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <vector>

START_NAMESPACE_DISTRHO

static const char* const FAULTS[] = {"None", "Crash", "Hang", "Silence", "NaN", "Inf", "DC", "Leak", "Print", "Exit", "Abort", "Slow", "Blow up"};
enum { kLevel, kWave, kCutoff, kFault, kLatency, kCount };

struct Voice { int pitch; float gain; double phase; bool held; bool pedalled; float fade; };

class Rig : public Plugin {
public:
    Rig() : Plugin(kCount, 0, 0) {
        const char* load = getenv("RIG_LOAD");
        if (load == nullptr) load = "";
        if (!strcmp(load, "crash")) *(volatile int*)nullptr = 1;
        if (!strcmp(load, "hang")) for (;;) usleep(10000);
        if (!strcmp(load, "slow")) usleep(1500000);
        if (!strcmp(load, "exit")) _exit(7);
        if (!strcmp(load, "print")) { printf("hello from the plugin\n"); fflush(stdout); }
        values[kLevel] = 0.5f; values[kWave] = 0.f; values[kCutoff] = 20000.f; values[kFault] = 0.f;
        values[kLatency] = RIG_KIND == 3 ? 480.f : 0.f;
        setLatency((uint32_t)values[kLatency]);
    }
protected:
    const char* getLabel() const override { return "Rig"; }
    const char* getMaker() const override { return "DAiW tests"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 2, 3); }
    int64_t getUniqueId() const override { return d_cconst('R', 'i', 'g', '0' + RIG_KIND); }
    void initParameter(uint32_t i, Parameter& p) override {
        p.hints = kParameterIsAutomatable;
        switch (i) {
        case kLevel: p.name = "Level"; p.symbol = "level"; p.ranges = ParameterRanges(0.5f, 0.f, 1.f); break;
        case kWave: case kFault: {
            const bool wave = i == kWave;
            const int n = wave ? 2 : (int)(sizeof(FAULTS) / sizeof(*FAULTS));
            p.name = wave ? "Wave" : "Fault"; p.symbol = wave ? "wave" : "fault"; p.hints |= kParameterIsInteger;
            p.ranges = ParameterRanges(0.f, 0.f, n - 1.f);
            ParameterEnumerationValue* v = new ParameterEnumerationValue[n];
            static const char* const waves[] = {"Sine", "Saw"};
            for (int k = 0; k < n; ++k) { v[k].label = wave ? waves[k] : FAULTS[k]; v[k].value = k; }
            p.enumValues.values = v; p.enumValues.count = n; p.enumValues.restrictedMode = true;
            break;
        }
        case kCutoff: p.name = "Cutoff"; p.symbol = "cutoff"; p.unit = "Hz"; p.ranges = ParameterRanges(20000.f, 20.f, 20000.f); break;
        case kLatency: p.name = "Delay"; p.symbol = "delay"; p.unit = "frames"; p.hints |= kParameterIsInteger;
            p.ranges = ParameterRanges(RIG_KIND == 3 ? 480.f : 0.f, 0.f, 4096.f); break;
        }
    }
#if RIG_KIND == 5
    void initAudioPort(bool input, uint32_t i, AudioPort& port) override { Plugin::initAudioPort(input, i, port); port.groupId = i / 2; }
    void initPortGroup(uint32_t i, PortGroup& group) override { group.name = i ? "Aux" : "Main"; group.symbol = i ? "aux" : "main"; }
#elif RIG_KIND == 6
    void initAudioPort(bool input, uint32_t i, AudioPort& port) override {
        Plugin::initAudioPort(input, i, port);
        if (input && i >= 2) port.hints |= kAudioPortIsSidechain;
    }
#endif
    float getParameterValue(uint32_t i) const override { return values[i]; }
    void setParameterValue(uint32_t i, float value) override { values[i] = value; if (i == kLatency) setLatency((uint32_t)value); }
    void activate() override {
        voices.clear(); pedal = false; bend = 0.f; expression = 1.f; octave = 0; for (float& m : memory) m = 0.f; at = 0;
        for (auto& line : lines) line.assign(8192, 0.f);
    }
    void misbehave() {
        switch ((int)values[kFault]) {
        case 1: *(volatile int*)nullptr = 1; break;
        case 2: for (;;) usleep(10000); break;
        case 7: { volatile char* lost = (volatile char*)malloc(64u << 20); for (size_t k = 0; k < 64u << 20; k += 4096) lost[k] = 1; break; }
        case 8: printf("a line on standard output\n"); fflush(stdout); break;
        case 9: _exit(7); break;
        case 10: abort(); break;
        case 11: usleep(300000); break;
        }
    }
    void spoil(float** out, int channels, uint32_t frames) {
        const int fault = (int)values[kFault];
        for (int c = 0; c < channels; ++c)
            for (uint32_t i = 0; i < frames; ++i) {
                if (fault == 3) out[c][i] = 0.f;
                if (fault == 4 && i == frames / 2) out[c][i] = NAN;
                if (fault == 5 && i == frames / 2) out[c][i] = INFINITY;
                if (fault == 6) out[c][i] += 0.5f;
                if (fault == 12) out[c][i] *= 1e6f;
            }
    }
    void filter(float** out, int channels, uint32_t frames) {
        if (values[kCutoff] >= 20000.f) return;
        const float keep = std::exp(-2.f * (float)M_PI * values[kCutoff] / (float)getSampleRate());
        for (int c = 0; c < channels; ++c)
            for (uint32_t i = 0; i < frames; ++i) out[c][i] = memory[c] = (1.f - keep) * out[c][i] + keep * memory[c];
    }
#if RIG_SYNTH
    void event(const uint8_t* d, uint32_t size) {
        const int kind = d[0] & 0xF0;
        if (kind == 0x90 && d[2]) voices.push_back({d[1], d[2] / 127.f, 0.0, true, false, 1.f});
        else if (kind == 0x80 || kind == 0x90) {
            for (auto& v : voices) if (v.held && v.pitch == d[1]) { v.held = false; v.pedalled = pedal; break; }
        } else if (kind == 0xB0 && d[1] == 64) {
            pedal = d[2] >= 64;
            if (!pedal) for (auto& v : voices) v.pedalled = false;
        } else if (kind == 0xB0 && d[1] == 11) expression = d[2] / 127.f;
        else if (kind == 0xE0 && size > 2) bend = ((d[1] | d[2] << 7) - 8192) / 8192.f * 2.f;
        else if (kind == 0xC0) octave = d[1] ? 1 : 0;
    }
    void run(const float**, float** out, uint32_t frames, const MidiEvent* events, uint32_t count) override {
        misbehave();
        uint32_t next = 0;
        for (uint32_t i = 0; i < frames; ++i) {
            while (next < count && events[next].frame <= i) { event(events[next].size > 4 ? events[next].dataExt : events[next].data, events[next].size); ++next; }
            float sum = 0.f;
            for (auto& v : voices) {
                if (!v.held && !v.pedalled) v.fade *= 0.9995f;
                const double hz = 440.0 * std::pow(2.0, (v.pitch - 69 + bend + 12 * octave) / 12.0);
                sum += v.gain * v.fade * (values[kWave] < 0.5f ? std::cos(2 * M_PI * v.phase) : 1.0 - 2.0 * v.phase);
                v.phase += hz / getSampleRate(); v.phase -= std::floor(v.phase);
            }
            lines[0][(at + i) & 8191] = sum * values[kLevel] * expression * 0.5f;
            // of four channels each has a level of its own: 1, 0.5, 0.25 and 0.125
            for (int c = 0; c < RIG_CHANNELS; ++c)
                out[c][i] = lines[0][(at + i - (uint32_t)values[kLatency]) & 8191] * (RIG_CHANNELS > 2 ? 1.f / (1 << c) : 1.f);
            for (size_t k = voices.size(); k-- > 0;) if (voices[k].fade < 1e-5f) voices.erase(voices.begin() + k);
        }
        at += frames;
        filter(out, RIG_CHANNELS, frames);
        spoil(out, RIG_CHANNELS, frames);
    }
#else
    void run(const float** in, float** out, uint32_t frames) override {
        misbehave();
        const uint32_t late = (uint32_t)values[kLatency];
        for (uint32_t i = 0; i < frames; ++i) {
            for (int c = 0; c < RIG_CHANNELS; ++c) {
                lines[c][(at + i) & 8191] = in[c][i];
                out[c][i] = lines[c][(at + i - late) & 8191] * values[kLevel] * 2.f;
            }
        }
        at += frames;
        filter(out, RIG_CHANNELS, frames);
        spoil(out, RIG_CHANNELS, frames);
    }
#endif
private:
    float values[kCount];
    float memory[4] = {}, bend = 0.f, expression = 1.f;
    bool pedal = false;
    int octave = 0;
    uint32_t at = 0;
    std::vector<float> lines[4];
    std::vector<Voice> voices;
};

Plugin* createPlugin() { return new Rig(); }

END_NAMESPACE_DISTRHO
