// An ensemble: each side hears the sound once more through a delay that sways, the two a third of a turn apart.
#pragma once

#include <cmath>
#include <cstdint>

namespace daiw {

class Chorus {
  public:
    void reset() {
        for (auto& line : lines_)
            for (float& value : line)
                value = 0.0f;
        at_ = 0;
        turn_ = 0.0;
        delay_[0] = delay_[1] = -1.0f;
    }

    void tick(float amount, float seconds, float rate) {
        amount_ = amount;
        turn_ = std::fmod(turn_ + 0.55 * seconds, 1.0);
        for (int side = 0; side < 2; ++side) {
            const double angle = 2.0 * 3.14159265358979323846 * (turn_ + side / 3.0);
            const float goal = 0.001f * (9.0f + 2.6f * static_cast<float>(std::sin(angle))) * rate;
            if (delay_[side] < 0.0f)
                delay_[side] = goal;
            sway_[side] = (goal - delay_[side]) / 16.0f;
        }
    }

    void process(float* left, float* right, int frames) {
        float* const sides[2] = {left, right};
        const float dry = 1.0f - 0.3f * amount_, wet = 0.75f * amount_;
        for (int i = 0; i < frames; ++i) {
            for (int side = 0; side < 2; ++side) {
                float* line = lines_[side];
                line[at_] = sides[side][i];
                delay_[side] += sway_[side];
                const int whole = static_cast<int>(delay_[side]);
                const float part = delay_[side] - static_cast<float>(whole);
                const float a = line[(at_ - whole) & kMask], b = line[(at_ - whole - 1) & kMask];
                sides[side][i] = dry * sides[side][i] + wet * (a + part * (b - a));
            }
            at_ = (at_ + 1) & kMask;
        }
    }

  private:
    static constexpr int kLength = 4096, kMask = kLength - 1;  // 21 ms at 192 kHz
    float lines_[2][kLength] = {};
    float delay_[2] = {-1, -1}, sway_[2] = {}, amount_ = 0;
    int at_ = 0;
    double turn_ = 0;
};

}  // namespace daiw
