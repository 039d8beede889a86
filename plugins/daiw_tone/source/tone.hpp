// Tilt, drive, width, and one macro over them.  At its defaults it is a wire with a delay of Saturation::kLatency frames.
//
// Vulnerability lowers the guard: the drive goes, the sides come in, the top is veiled, and a low-pass opens only as far as the
// sound itself is loud, so what is quiet stays close and what is loud breaks through.
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <cstdint>

#include "saturation.hpp"

namespace daiw {

enum ToneParameter { kTilt, kPivot, kDrive, kWarmth, kWidth, kMonoBelow, kVulnerability, kMix, kOutput, kToneParameters };

struct ToneInfo {
    const char *symbol, *name, *unit;
    float low, high, usual;
    bool logarithmic;
};

constexpr ToneInfo kTonePanel[kToneParameters] = {
    {"tilt", "Tilt", "dB", -12, 12, 0, false},  // the top against the bottom
    {"pivot", "Pivot", "Hz", 200, 4000, 800, true},
    {"drive", "Drive", "dB", 0, 36, 0, false},
    {"warmth", "Warmth", "%", 0, 100, 20, false},  // even harmonics
    {"width", "Width", "%", 0, 200, 100, false},
    {"mono_below", "Mono Below", "Hz", 0, 400, 0, false},
    {"vulnerability", "Vulnerability", "%", 0, 100, 0, false},
    {"mix", "Mix", "%", 0, 100, 100, false},
    {"output", "Output", "dB", -24, 24, 0, false},
};

class Tone {
  public:
    static constexpr int kTick = 16;

    Tone() {
        for (int i = 0; i < kToneParameters; ++i)
            target_[i] = kTonePanel[i].usual;
        reset();
    }

    void prepare(float rate) {
        rate_ = rate;
        reset();
    }

    void reset() {
        fresh_ = true;
        for (auto& side : sides_)
            side.reset();
        follower_ = 0.0f;
        bass_ = 0.0f;
        untilTick_ = 0;
    }

    float get(uint32_t i) const { return target_[i]; }
    void set(uint32_t i, float value) { target_[i] = std::clamp(value, kTonePanel[i].low, kTonePanel[i].high); }

    void process(const float* const* in, float* const* out, uint32_t frames) {
        for (uint32_t i = 0; i < frames; ++i) {
            if (untilTick_ == 0)
                tick();
            --untilTick_;
            float wet[2], dry[2];
            for (int s = 0; s < 2; ++s) {
                Side& side = sides_[s];
                const float x = in[s][i];
                dry[s] = side.delayed(x);
                side.low += pivot_ * (x - side.low);
                const float tilted = x + (top_ - 1.0f) * (x - side.low) + (bottom_ - 1.0f) * side.low;
                float clean = 0.0f;
                const float bent = side.saturation.pass(tilted, gain_, lean_, level_, blend_ > 0.0f, clean);
                side.still += still_ * (bent - side.still);
                float y = clean + blend_ * (bent - side.still - clean);
                side.veil[0] += veil_ * (y - side.veil[0]);
                side.veil[1] += veil_ * (side.veil[0] - side.veil[1]);
                wet[s] = y + veiled_ * (side.veil[1] - y);
            }
            const float loud = std::max(std::fabs(wet[0]), std::fabs(wet[1]));
            follower_ += (loud > follower_ ? rise_ : sink_) * (loud - follower_);
            const float apart = 0.5f * (wet[0] - wet[1]);
            bass_ += mono_ * (apart - bass_);
            const float change = (width_ - 1.0f) * apart - width_ * (mono_ > 0.0f ? bass_ : 0.0f);
            wet[0] += change;
            wet[1] -= change;
            for (int s = 0; s < 2; ++s)
                out[s][i] = output_ * (dry[s] + mix_ * (wet[s] - dry[s]));
        }
    }

  private:
    struct Side {
        Saturation saturation;
        float low = 0, still = 0, veil[2] = {}, dry[Saturation::kLatency] = {};
        int at = 0;

        void reset() {
            saturation.reset();
            low = still = veil[0] = veil[1] = 0.0f;
            std::fill(std::begin(dry), std::end(dry), 0.0f);
            at = 0;
        }

        float delayed(float x) {
            const float old = dry[at];
            dry[at] = x;
            at = (at + 1) % Saturation::kLatency;
            return old;
        }
    };

    float pole(float hz) const { return 1.0f - std::exp(-6.2831853f * std::min(hz, 0.45f * rate_) / rate_); }
    static float linear(float db) { return std::pow(10.0f, 0.05f * db); }

    void tick() {
        untilTick_ = kTick;
        const float near = fresh_ ? 1.0f : 1.0f - std::exp(-kTick / (0.005f * rate_));  // what was set before the first frame is there at once
        fresh_ = false;
        for (int i = 0; i < kToneParameters; ++i)
            panel_[i] += std::fabs(target_[i] - panel_[i]) < 1e-6f ? target_[i] - panel_[i] : near * (target_[i] - panel_[i]);
        const float open = 0.01f * panel_[kVulnerability];
        const float tilt = panel_[kTilt] - 3.0f * open;
        top_ = tilt == 0.0f ? 1.0f : linear(0.5f * tilt);
        bottom_ = tilt == 0.0f ? 1.0f : linear(-0.5f * tilt);
        pivot_ = pole(panel_[kPivot]);
        const float drive = panel_[kDrive] * (1.0f - open);
        blend_ = std::min(1.0f, drive);  // the first dB fades the curve in
        gain_ = std::max(1e-3f, linear(drive) - 1.0f);
        lean_ = 0.006f * panel_[kWarmth];
        const float usual = 0.25f;  // -12 dBFS keeps its level, whatever the drive
        level_ = usual / (0.5f * (std::tanh(gain_ * usual + lean_) - std::tanh(lean_ - gain_ * usual)));
        still_ = pole(4.0f);
        veiled_ = open;
        veil_ = pole(2200.0f * std::exp2((1.0f - open) * 3.0f + 2.4f * std::min(1.0f, 4.0f * follower_)));
        rise_ = 1.0f - std::exp(-1.0f / (0.005f * rate_));
        sink_ = 1.0f - std::exp(-1.0f / (0.180f * rate_));
        width_ = 0.01f * panel_[kWidth] * (1.0f - 0.65f * open);
        mono_ = panel_[kMonoBelow] > 1.0f ? pole(panel_[kMonoBelow]) : 0.0f;
        if (mono_ == 0.0f)
            bass_ = 0.0f;
        mix_ = 0.01f * panel_[kMix];
        output_ = panel_[kOutput] == 0.0f ? 1.0f : linear(panel_[kOutput]);
    }

    Side sides_[2];
    float target_[kToneParameters], panel_[kToneParameters] = {};
    float rate_ = 48000.0f, follower_ = 0, bass_ = 0;
    float top_ = 1, bottom_ = 1, pivot_ = 0, blend_ = 0, gain_ = 1, lean_ = 0, level_ = 1, still_ = 0, veiled_ = 0, veil_ = 1;
    float rise_ = 0, sink_ = 0, width_ = 1, mono_ = 0, mix_ = 1, output_ = 1;
    int untilTick_ = 0;
    bool fresh_ = true;
};

}  // namespace daiw
