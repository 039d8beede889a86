// A soft clipper at four times the sample rate, so that its harmonics do not fold back.
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>

namespace daiw {

class Saturation {
  public:
    static constexpr int kTimes = 4, kReach = 16, kTaps = 2 * kTimes * kReach + 1;  // windowed sinc, 90 dB
    static constexpr int kLatency = 2 * kReach;                                      // frames, up and down together

    Saturation() {
        double sum = 0.0, taps[kTaps];
        for (int i = 0; i < kTaps; ++i) {
            const double x = static_cast<double>(i - kTaps / 2) / kTimes, turn = 3.14159265358979323846 * x;
            const double edge = static_cast<double>(2 * i) / (kTaps - 1) - 1.0;
            taps[i] = (i == kTaps / 2 ? 1.0 : std::sin(turn) / turn) * bessel(9.0 * std::sqrt(std::max(0.0, 1.0 - edge * edge))) / bessel(9.0);
            sum += taps[i];
        }
        for (int i = 0; i < kTaps; ++i)
            taps_[i] = static_cast<float>(taps[i] / sum);
        reset();
    }

    void reset() {
        std::fill(std::begin(in_), std::end(in_), 0.0f);
        std::fill(std::begin(out_), std::end(out_), 0.0f);
        at_ = 0;
    }

    // The sample `kLatency` frames ago: clean, or bent.  gain: into the curve.  lean: 0..1, even harmonics.  level: after it.
    float pass(float sample, float gain, float lean, float level, bool bend, float& clean) {
        at_ = (at_ + 1) % kLength;
        in_[at_] = in_[at_ + kLength] = sample;
        const float* now = in_ + at_ + kLength;  // now[-k]: k frames ago
        clean = now[-kLatency];
        const float floor = std::tanh(lean);
        float* bent = out_ + kTimes * at_;
        for (int phase = 0; phase < kTimes; ++phase) {
            float value = 0.0f;
            if (bend) {
                for (int k = 0, tap = phase; tap < kTaps; ++k, tap += kTimes)
                    value += taps_[tap] * now[-k];
                value = (std::tanh(static_cast<float>(kTimes) * value * gain + lean) - floor) * level;
            }
            bent[phase] = bent[phase + kTimes * kLength] = value;
        }
        if (!bend)
            return clean;
        const float* newest = bent + kTimes * kLength;  // phase 0 of this frame, so that the whole delay is kLatency
        float sum = 0.0f;
        for (int tap = 0; tap < kTaps; ++tap)
            sum += taps_[tap] * newest[-tap];
        return sum;
    }

  private:
    static constexpr int kLength = 64;  // more than kLatency and kTaps / kTimes

    static double bessel(double x) {
        double sum = 1.0, term = 1.0;
        for (int k = 1; k < 40; ++k) {
            term *= x / (2.0 * k) * x / (2.0 * k);
            sum += term;
        }
        return sum;
    }

    float taps_[kTaps];
    float in_[2 * kLength], out_[2 * kTimes * kLength];
    int at_ = 0;
};

}  // namespace daiw
