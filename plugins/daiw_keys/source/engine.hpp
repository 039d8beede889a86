// The instrument: notes to voices, pedals, channel controls, tremolo and chorus.  Nothing here allocates, locks or reads a file after
// prepare(); the sound is the same in buffers of any size, because controls move on a grid of kTick frames from reset().
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "chorus.hpp"
#include "parameters.hpp"
#include "tables.hpp"
#include "voice.hpp"

namespace daiw {

class Engine {
  public:
    static constexpr int kPolyphony = 32, kSlots = kPolyphony + 16;

    Engine() {
        for (int i = 0; i < kParameters; ++i)
            target_[i] = kPanel[i].usual;
        reset();
    }

    void prepare(float rate) {
        rate_ = rate;
        reset();
    }

    void reset() {
        for (auto& voice : voices_)
            voice.stop();
        channels_.fill(Channel());
        wheel_ = 0.0f;
        pedal_ = false;
        mix_ = expression_ = 1.0f;
        balance_ = 0.0f;
        age_ = 0;
        untilTick_ = 0;
        vibrato_ = tremolo_ = 0.0;
        chorus_.reset();
        fresh_ = true;
        gain_[0] = gain_[1] = -1.0f;
    }

    float get(uint32_t i) const { return target_[i]; }
    void set(uint32_t i, float value) { target_[i] = std::clamp(value, kPanel[i].low, kPanel[i].high); }

    // One MIDI message, now.
    void message(const uint8_t* data) {
        const int channel = data[0] & 0x0f, number = data[1] & 0x7f, value = data[2] & 0x7f;
        switch (data[0] & 0xf0) {
        case 0x90:
            if (value > 0)
                return noteOn(channel, number, value);
            [[fallthrough]];
        case 0x80: return noteOff(channel, number);
        case 0xb0: return controller(channel, number, value);
        case 0xd0: channels_[channel].pressure = static_cast<float>(number) / 127.0f; break;
        case 0xe0: {
            const int bend = (value << 7 | number) - 8192;
            channels_[channel].bend = static_cast<float>(bend) / (bend < 0 ? 8192.0f : 8191.0f);
            break;
        }
        default: break;
        }
    }

    void render(float* left, float* right, uint32_t frames) {
        while (frames > 0) {
            if (untilTick_ == 0)
                tick();
            const int run = static_cast<int>(std::min<uint32_t>(frames, static_cast<uint32_t>(untilTick_)));
            float l[kTick] = {}, r[kTick] = {};
            for (auto& voice : voices_)
                if (voice.sounding())
                    voice.render(tables_, l, r, run);
            chorus_.process(l, r, run);
            for (int i = 0; i < run; ++i) {
                gain_[0] += ramp_[0];
                gain_[1] += ramp_[1];
                left[i] = l[i] * gain_[0];
                right[i] = r[i] * gain_[1];
            }
            left += run;
            right += run;
            frames -= static_cast<uint32_t>(run);
            untilTick_ -= run;
        }
    }

  private:
    struct Channel {
        float bend = 0.0f, pressure = 0.0f, timbre = 0.0f;
    };

    void noteOn(int channel, int pitch, int velocity) {
        for (auto& voice : voices_)  // a key struck again ends its earlier note
            if (voice.sounding() && voice.pitch == pitch && voice.channel == channel)
                voice.leave();
        if (untilTick_ == 0)
            tick();  // the first note may come before the first frame
        Voice& voice = place();
        voice.start(pitch, channel, velocity, ++age_, tick_);
        steer(voice);
    }

    void noteOff(int channel, int pitch) {
        for (auto& voice : voices_)
            if (voice.held && voice.pitch == pitch && voice.channel == channel) {
                if (pedal_) {
                    voice.held = false;
                    voice.pedalled = true;
                } else {
                    voice.release();
                }
            }
    }

    // A silent voice.  Above the polyphony the voice that is missed least leaves in 4 ms, on a slot of its own, so nothing clicks.
    Voice& place() {
        int playing = 0;
        Voice *free = nullptr, *least = nullptr, *faintest = nullptr;
        for (auto& voice : voices_) {
            if (!voice.sounding()) {
                free = free ? free : &voice;
                continue;
            }
            if (!faintest || voice.level() < faintest->level())
                faintest = &voice;
            if (voice.leaving())
                continue;
            ++playing;
            if (!least || missed(voice) < missed(*least))
                least = &voice;
        }
        if (playing >= kPolyphony && least)
            least->leave();
        return free ? *free : *faintest;
    }

    // Released notes go first, then the oldest.
    static uint64_t missed(const Voice& voice) { return (voice.held ? uint64_t(2) << 32 : voice.pedalled ? uint64_t(1) << 32 : 0) + voice.age; }

    void controller(int channel, int number, int value) {
        const float part = static_cast<float>(value) / 127.0f;
        switch (number) {
        case 1: wheel_ = part; break;
        case 7: mix_ = static_cast<float>(value * value) / 10000.0f; break;
        case 10: balance_ = std::clamp(static_cast<float>(value - 64) / 63.0f, -1.0f, 1.0f); break;
        case 11: expression_ = part * part; break;
        case 64: pedal(value >= 64); break;
        case 74: channels_[channel].timbre = std::clamp(static_cast<float>(value - 64) / 63.0f, -1.0f, 1.0f); break;
        case 120:
            for (auto& voice : voices_)
                voice.leave();
            break;
        case 121:
            channels_.fill(Channel());
            wheel_ = 0.0f;
            expression_ = 1.0f;
            pedal(false);
            break;
        case 123:
            for (auto& voice : voices_)
                if (voice.held)
                    voice.release();
            break;
        default: break;
        }
    }

    void pedal(bool down) {
        pedal_ = down;
        if (!down)
            for (auto& voice : voices_)
                if (voice.pedalled) {
                    voice.pedalled = false;
                    voice.release();
                }
    }

    void steer(Voice& voice) {
        const Channel& own = channels_[static_cast<size_t>(voice.channel)];
        voice.control(tick_, tables_, limit_, own.bend * tick_.panel[kBendRange], own.pressure, own.timbre);
    }

    void tick() {
        untilTick_ = kTick;
        const float seconds = kTick / rate_, near = fresh_ ? 1.0f : 1.0f - std::exp(-seconds / 0.005f);
        fresh_ = false;  // what was set before the first frame is there at once; later changes take 5 ms
        for (int i = 0; i < kParameters; ++i)
            tick_.panel[i] += near * (target_[i] - tick_.panel[i]);
        tick_.rate = rate_;
        tick_.wheel = wheel_;
        vibrato_ = std::fmod(vibrato_ + 5.5 * seconds, 1.0);
        tremolo_ = std::fmod(tremolo_ + tick_.panel[kTremoloRate] * seconds, 1.0);
        tick_.vibrato = static_cast<float>(std::sin(2.0 * kPi * vibrato_));
        chorus_.tick(0.01f * tick_.panel[kChorus], seconds, rate_);
        for (auto& voice : voices_)
            if (voice.sounding())
                steer(voice);
        const float swing = 0.01f * tick_.panel[kTremolo] * static_cast<float>(std::sin(2.0 * kPi * tremolo_)) * 0.5f;
        const float all = 0.30f * std::pow(10.0f, 0.05f * tick_.panel[kVolume]) * mix_ * expression_;
        const float angle = (1.0f + balance_) * static_cast<float>(kPi) / 4.0f, sides[2] = {std::cos(angle), std::sin(angle)};
        for (int side = 0; side < 2; ++side) {
            const float goal = all * 1.41421356f * sides[side] * (1.0f - 0.005f * tick_.panel[kTremolo] + (side ? swing : -swing));
            if (gain_[side] < 0.0f)
                gain_[side] = goal;
            ramp_[side] = (goal - gain_[side]) / kTick * 0.5f;
        }
    }

    const Tables& tables_ = Tables::shared();
    IndexLimit limit_;
    std::array<Voice, kSlots> voices_;
    std::array<Channel, 16> channels_;
    Chorus chorus_;
    Tick tick_ = {};
    float target_[kParameters] = {};
    float rate_ = 48000.0f, wheel_ = 0, mix_ = 1, expression_ = 1, balance_ = 0, gain_[2] = {-1, -1}, ramp_[2] = {};
    bool pedal_ = false, fresh_ = true;
    uint32_t age_ = 0;
    int untilTick_ = 0;
    double vibrato_ = 0, tremolo_ = 0;
};

}  // namespace daiw
