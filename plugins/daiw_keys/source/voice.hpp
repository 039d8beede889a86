// One sounding note: FM pair, tine partials, three waves and a sub through a 24 dB filter and an envelope.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "parameters.hpp"
#include "tables.hpp"

namespace daiw {

constexpr int kTick = 16;  // frames between two looks at controls
constexpr float kSilence = 2e-5f;

// What all voices read at a tick; made by the engine, the panel's values already smoothed.
struct Tick {
    float panel[kParameters];
    float rate;
    float vibrato;  // -1..1, where the low-frequency oscillator is
    float wheel;    // 0..1
};

// 60 dB in so many milliseconds, as a factor a frame.
inline float fall(float ms, float rate) { return std::exp(-6.9078f / (0.001f * ms * rate)); }

inline float octaves(float x) { return std::exp2(x); }

class Voice {
  public:
    int pitch = 0, channel = 0;
    uint32_t age = 0;
    bool held = false, pedalled = false;

    bool sounding() const { return stage_ != Stage::off; }
    bool leaving() const { return stage_ == Stage::leaving; }
    float level() const { return level_; }

    void stop() { stage_ = Stage::off; }

    void start(int note, int onChannel, int velocity, uint32_t when, const Tick& tick) {
        pitch = note;
        channel = onChannel;
        age = when;
        held = true;
        pedalled = false;
        touch_ = static_cast<float>(velocity) / 127.0f;
        stage_ = Stage::attack;
        level_ = 0.0f;
        ring_ = tines_[0] = tines_[1] = 1.0f;
        opening_ = 1.0f;
        carrier_ = modulator_ = sub_ = partials_[0] = partials_[1] = 0;
        uint32_t seed = static_cast<uint32_t>(note) * 2654435761u + 12345u;
        for (auto& phase : waves_)
            phase = seed = seed * 1664525u + 1013904223u;
        for (auto& filter : filters_)
            filter = {};
        gain_ = std::pow(touch_, 2.0f * 0.01f * tick.panel[kVelocity]);
    }

    void release() {
        held = false;
        if (stage_ != Stage::leaving && stage_ != Stage::off)
            stage_ = Stage::release;
    }

    // Gone within 4 ms: its place is wanted.
    void leave() {
        held = pedalled = false;
        if (stage_ != Stage::off)
            stage_ = Stage::leaving;
    }

    // bend: semitones.  pressure: 0..1.  timbre: -1..1, this channel's own.
    void control(const Tick& tick, const Tables& tables, const IndexLimit& limit, float bend, float pressure, float timbre) {
        const float* panel = tick.panel;
        const float sense = 0.01f * panel[kVelocity], above = static_cast<float>(pitch - 60) / 12.0f;
        const float wobble = 0.5f * tick.vibrato * std::min(1.0f, tick.wheel + pressure);
        const float cycles = 440.0f * octaves((static_cast<float>(pitch) - 69.0f + bend + wobble) / 12.0f) / tick.rate;
        const float room = std::clamp((0.45f - cycles) * 40.0f, 0.0f, 1.0f);  // bent out of hearing: fade, do not fold

        const float ratio = panel[kFmRatio];
        step_ = turns(cycles);
        modStep_ = turns(cycles * ratio);
        subStep_ = step_ / 2;
        const float shorter = octaves(-above / 3.0f);  // high strings and tines die sooner
        const float wanted = panel[kFmAmount] * (1.0f - sense + sense * (0.12f + 0.88f * touch_ * std::sqrt(touch_))) * shorter;
        index_ = std::min(wanted, limit.of(cycles, cycles * ratio)) * static_cast<float>(4294967296.0 / (2.0 * kPi));
        ringFall_ = fall(panel[kFmDecay] * shorter, tick.rate);
        fmGain_ = 0.01f * panel[kFmLevel] * room;

        // A clamped bar's second and third mode are 6.27 and 17.55 times its first (Rossing, The Physics of Musical Instruments).
        const float places[2] = {6.27f * cycles, 17.55f * cycles}, strengths[2] = {0.22f, 0.10f}, times[2] = {700.0f, 220.0f};
        for (int i = 0; i < 2; ++i) {
            partialStep_[i] = turns(std::min(places[i], 0.45f));
            tineGain_[i] = 0.01f * panel[kTine] * strengths[i] * (1.0f - sense + sense * touch_) * std::clamp((0.42f - places[i]) * 20.0f, 0.0f, 1.0f);
            tineFall_[i] = fall(times[i] * shorter, tick.rate);
        }

        const float apart[3] = {0.0f, panel[kDetune], -panel[kDetune]};
        const float shape = 0.02f * panel[kWaveShape];  // 0 triangle, 1 saw, 2 square
        mixTriangle_ = std::max(0.0f, 1.0f - shape);
        mixSquare_ = std::max(0.0f, shape - 1.0f);
        mixSaw_ = 1.0f - mixTriangle_ - mixSquare_;
        for (int i = 0; i < 3; ++i)
            waveStep_[i] = turns(cycles * octaves(apart[i] / 1200.0f));
        const int row = tables.level(cycles * octaves(panel[kDetune] / 1200.0f));
        saw_ = tables.saw.data() + Tables::row(row);
        triangle_ = tables.triangle.data() + Tables::row(row);
        waveGain_ = 0.01f * panel[kWaveLevel] * 0.42f * room;
        subGain_ = 0.01f * panel[kSub] * 0.6f * room;
        side_ = 0.01f * panel[kWidth];

        const float opened = above * 0.01f * panel[kKeyFollow] + 2.0f * sense * (touch_ - 0.5f) + panel[kFilterEnvelope] * opening_ +
                             2.0f * timbre + pressure;
        opening_ *= fall(panel[kFilterDecay], tick.rate / kTick);
        const float cutoff = std::clamp(panel[kCutoff] * octaves(opened), 20.0f, std::min(20000.0f, 0.45f * tick.rate));
        const float g = std::tan(static_cast<float>(kPi) * cutoff / tick.rate);
        first_.set(g, 1.0f / 0.5412f);
        second_.set(g, 1.0f / (1.3066f * std::pow(10.0f, 0.05f * panel[kResonance])));

        attack_ = 1.0f - std::exp(-1.6094f / std::max(1.0f, 0.001f * panel[kAttack] * tick.rate));  // aims at 1.25, done at 1
        sustain_ = 0.01f * panel[kSustain];
        decay_ = fall(panel[kDecay] * shorter, tick.rate);
        release_ = fall(panel[kRelease], tick.rate);
        leave_ = fall(4.0f, tick.rate);
    }

    // Add `frames` (at most kTick) to left and right.
    void render(const Tables& tables, float* left, float* right, int frames) {
        const float* sine = tables.sine.data();
        float middle[kTick], l[kTick], r[kTick];
        for (int i = 0; i < frames; ++i) {
            ring_ *= ringFall_;
            const float bent = read(sine, modulator_) * index_ * (0.18f + 0.82f * ring_);
            carrier_ += step_;
            modulator_ += modStep_;
            float sound = fmGain_ * read(sine, carrier_ + static_cast<uint32_t>(static_cast<int64_t>(bent)));
            for (int k = 0; k < 2; ++k) {
                tines_[k] *= tineFall_[k];
                sound += tineGain_[k] * tines_[k] * read(sine, partials_[k]);
                partials_[k] += partialStep_[k];
            }
            middle[i] = sound + subGain_ * read(sine, sub_);
            sub_ += subStep_;
        }
        if (waveGain_ > 1e-5f) {
            const float near = 0.5f * (1.0f - side_), far = 0.5f * (1.0f + side_);
            for (int i = 0; i < frames; ++i) {
                const float a = wave(0), b = wave(1), c = wave(2);
                l[i] = middle[i] + waveGain_ * (0.8f * a + far * b + near * c);
                r[i] = middle[i] + waveGain_ * (0.8f * a + near * b + far * c);
            }
        } else {
            std::copy_n(middle, frames, l);
            std::copy_n(middle, frames, r);
        }
        for (int i = 0; i < frames; ++i) {
            advance();
            const float now = level_ * gain_;
            left[i] += now * second_.pass(filters_[2], first_.pass(filters_[0], l[i]));
            right[i] += now * second_.pass(filters_[3], first_.pass(filters_[1], r[i]));
        }
        if (level_ < kSilence && stage_ != Stage::attack)
            stage_ = Stage::off;
    }

  private:
    enum class Stage { off, attack, decay, release, leaving };

    struct Memory {
        float a = 0.0f, b = 0.0f;
    };

    // Two-pole low-pass, trapezoidal: stable however fast the cutoff moves (A. Simper, Linear Trapezoidal State Variable Filter, 2013).
    struct LowPass {
        float a1 = 0, a2 = 0, a3 = 0;

        void set(float g, float damping) {
            a1 = 1.0f / (1.0f + g * (g + damping));
            a2 = g * a1;
            a3 = g * a2;
        }

        float pass(Memory& memory, float in) const {
            const float v3 = in - memory.b, v1 = a1 * memory.a + a2 * v3, v2 = memory.b + a2 * memory.a + a3 * v3;
            memory.a = 2.0f * v1 - memory.a;
            memory.b = 2.0f * v2 - memory.b;
            return v2;
        }
    };

    static uint32_t turns(float cycles) { return static_cast<uint32_t>(std::min(0.5, static_cast<double>(cycles)) * 4294967296.0); }

    float wave(int i) {
        const uint32_t phase = waves_[i];
        waves_[i] += waveStep_[i];
        float out = 0.0f;
        if (mixSaw_ + mixSquare_ > 0.0f) {
            const float saw = read(saw_, phase);
            out += (mixSaw_ + mixSquare_) * saw;
            if (mixSquare_ > 0.0f)
                out -= mixSquare_ * read(saw_, phase + 0x80000000u);
        }
        if (mixTriangle_ > 0.0f)
            out += mixTriangle_ * read(triangle_, phase);
        return out;
    }

    void advance() {
        switch (stage_) {
        case Stage::attack:
            level_ += attack_ * (1.25f - level_);
            if (level_ >= 1.0f) {
                level_ = 1.0f;
                stage_ = Stage::decay;
            }
            break;
        case Stage::decay: level_ = sustain_ + (level_ - sustain_) * decay_; break;
        case Stage::release: level_ *= release_; break;
        case Stage::leaving: level_ *= leave_; break;
        case Stage::off: level_ = 0.0f; break;
        }
    }

    Stage stage_ = Stage::off;
    float touch_ = 0, gain_ = 0, level_ = 0, ring_ = 0, opening_ = 0, tines_[2] = {};
    uint32_t carrier_ = 0, modulator_ = 0, sub_ = 0, waves_[3] = {}, partials_[2] = {};
    uint32_t step_ = 0, modStep_ = 0, subStep_ = 0, waveStep_[3] = {}, partialStep_[2] = {};
    float index_ = 0, ringFall_ = 1, fmGain_ = 0, tineGain_[2] = {}, tineFall_[2] = {}, waveGain_ = 0, subGain_ = 0, side_ = 0;
    float mixTriangle_ = 0, mixSaw_ = 1, mixSquare_ = 0;
    const float *saw_ = nullptr, *triangle_ = nullptr;
    float attack_ = 1, sustain_ = 1, decay_ = 1, release_ = 1, leave_ = 1;
    LowPass first_, second_;
    Memory filters_[4];
};

}  // namespace daiw
