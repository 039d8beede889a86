// Band-limited cycles: one sine, and saw and triangle in a ladder of tables a third of an octave apart.
//
// A table holds no harmonic that a note read from it could push past 0.45 of the sample rate, so nothing folds back.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace daiw {

constexpr int kSize = 4096, kShift = 20, kMostHarmonics = 1024;
constexpr float kFraction = 1.0f / (1u << kShift);
constexpr double kPi = 3.14159265358979323846;

inline float read(const float* table, uint32_t phase) {
    const uint32_t i = phase >> kShift;
    const float x = static_cast<float>(phase & ((1u << kShift) - 1u)) * kFraction;
    return table[i] + x * (table[i + 1] - table[i]);
}

struct Tables {
    std::vector<float> sine, saw, triangle;
    int levels = 0;

    Tables() : sine(kSize + 1) {
        for (int i = 0; i <= kSize; ++i)
            sine[i] = static_cast<float>(std::sin(2.0 * kPi * i / kSize));
        while (harmonics(levels) > 1)
            ++levels;
        ++levels;
        saw.resize(static_cast<size_t>(levels) * (kSize + 1));
        triangle.resize(saw.size());
        std::vector<double> up(kSize), bent(kSize);
        int k = 0;
        for (int level = levels - 1; level >= 0; --level) {  // the dullest first: each next one only adds harmonics
            for (; k < harmonics(level);) {
                ++k;
                const double odd = k % 2 ? (k % 4 == 1 ? 8.0 : -8.0) / (kPi * kPi * k * k) : 0.0;
                for (int i = 0; i < kSize; ++i) {
                    const double tone = sine[static_cast<size_t>(k) * i % kSize];
                    up[i] += 2.0 / (kPi * k) * tone;
                    bent[i] += odd * tone;
                }
            }
            for (int i = 0; i <= kSize; ++i) {
                saw[row(level) + i] = static_cast<float>(up[i % kSize]);
                triangle[row(level) + i] = static_cast<float>(bent[i % kSize]);
            }
        }
    }

    // One set for all instances, made with the first.
    static const Tables& shared() {
        static const Tables tables;
        return tables;
    }

    static int harmonics(int level) { return static_cast<int>(kMostHarmonics * std::pow(2.0, -level / 3.0)); }
    static size_t row(int level) { return static_cast<size_t>(level) * (kSize + 1); }

    // The brightest table that a note of this many cycles a frame may read.
    int level(float cycles) const {
        const float room = 0.45f / cycles;
        const int found = static_cast<int>(std::ceil(3.0f * std::log2(kMostHarmonics / room)));
        return found < 0 ? 0 : found >= levels ? levels - 1 : found;
    }
};

// The largest modulation index (rad) whose sidebands above half the sample rate stay under -70 dB, for carrier and modulator in
// cycles a frame.  J_n(I) is bounded by (I/2)^n / n!, where n is the first sideband that would fold back.
struct IndexLimit {
    static constexpr int kOrders = 40;
    float most[kOrders + 1];

    IndexLimit() {
        most[0] = 0.0f;
        for (int n = 1; n <= kOrders; ++n)
            most[n] = static_cast<float>(2.0 * std::pow(3e-4 * std::tgamma(n + 1.0), 1.0 / n));
    }

    float of(float carrier, float modulator) const {
        const float n = (0.5f - carrier) / modulator;
        if (n <= 0.0f)
            return 0.0f;
        if (n >= kOrders)
            return most[kOrders];
        const int low = static_cast<int>(n);
        return most[low] + (n - static_cast<float>(low)) * (most[low + 1] - most[low]);
    }
};

}  // namespace daiw
