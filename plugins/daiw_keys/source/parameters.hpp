// The panel of daiw-keys: every parameter with unit and range, and the sounds that come with it.
#pragma once

namespace daiw {

enum Parameter {
    kFmLevel, kFmRatio, kFmAmount, kFmDecay, kTine,
    kWaveLevel, kWaveShape, kDetune, kWidth, kSub,
    kCutoff, kResonance, kFilterEnvelope, kFilterDecay, kKeyFollow,
    kAttack, kDecay, kSustain, kRelease, kVelocity,
    kTremolo, kTremoloRate, kChorus, kBendRange, kVolume,
    kParameters
};

struct ParameterInfo {
    const char *symbol, *name, *unit;
    float low, high, usual;
    bool logarithmic;
};

constexpr ParameterInfo kPanel[kParameters] = {
    {"fm_level", "FM Level", "%", 0, 100, 80, false},
    {"fm_ratio", "FM Ratio", "x", 0.5f, 12, 1, false},
    {"fm_amount", "FM Amount", "rad", 0, 8, 3.2f, false},
    {"fm_decay", "FM Decay", "ms", 20, 8000, 1100, true},
    {"tine", "Tine", "%", 0, 100, 55, false},
    {"wave_level", "Wave Level", "%", 0, 100, 0, false},
    {"wave_shape", "Wave Shape", "%", 0, 100, 50, false},  // triangle, saw at 50, square
    {"detune", "Detune", "cents", 0, 50, 7, false},
    {"width", "Width", "%", 0, 100, 70, false},
    {"sub", "Sub", "%", 0, 100, 0, false},
    {"cutoff", "Cutoff", "Hz", 40, 18000, 7000, true},
    {"resonance", "Resonance", "dB", 0, 24, 0, false},
    {"filter_envelope", "Filter Envelope", "oct", -4, 6, 0, false},
    {"filter_decay", "Filter Decay", "ms", 5, 8000, 400, true},
    {"key_follow", "Key Follow", "%", 0, 100, 50, false},
    {"attack", "Attack", "ms", 0.5f, 4000, 1.5f, true},
    {"decay", "Decay", "ms", 20, 20000, 5500, true},
    {"sustain", "Sustain", "%", 0, 100, 0, false},
    {"release", "Release", "ms", 5, 8000, 260, true},
    {"velocity", "Velocity", "%", 0, 100, 100, false},
    {"tremolo", "Tremolo", "%", 0, 100, 20, false},
    {"tremolo_rate", "Tremolo Rate", "Hz", 0.1f, 12, 4.4f, true},
    {"chorus", "Chorus", "%", 0, 100, 18, false},
    {"bend_range", "Bend Range", "st", 0, 48, 2, false},
    {"volume", "Volume", "dB", -40, 12, 5, false},
};

struct Program {
    const char* name;
    float values[kParameters];
};

// clang-format off
constexpr Program kPrograms[] = {
    // fm: level ratio amount decay tine | wave: level shape detune width sub | cutoff res env decay follow | a d s r vel | trem rate chorus bend vol
    {"Tine",     {80,  1, 3.2f, 1100, 55,   0, 50,  7,  70,  0,  7000, 0,   0,  400, 50,   1.5f, 5500,   0,  260, 100,  20, 4.4f, 18, 2,  5}},
    {"Felt",     {85,  1, 1.3f,  450, 12,   0,  0,  4,  50, 10,  2200, 0, 0.8f, 250, 60,   4,    3800,   0,  340,  90,   0, 4.4f, 22, 2,  1}},
    {"Glass",    {60,3.5f,1.8f, 2200, 20,   0, 50,  5,  80,  0, 14000, 0,   0,  400, 30,   2,    7000,   0, 1600,  80,   0, 3,    35, 2,  4}},
    {"Reed",     {70,  2, 1.6f, 1200, 25,  30, 75,  3,  40,  0,  3800, 3, 1.0f, 300, 60,   2,    4200,  25,  120, 100,  35, 5.5f, 10, 2,  4}},
    {"Drawbar",  {70,  2, 0.9f, 8000,  6,  12, 75,  0,  50, 45,  6000, 0,   0,  400, 40,   3,    1000, 100,   70,  30,  25, 6.2f, 40, 2,  0}},
    {"Warm Pad", {15,  1, 0.6f, 3000,  0,  75, 38, 11, 100, 14,  1300, 1, 1.0f,3000, 55, 420,    2500,  80, 1400,  60,   0, 1,    45, 2,  4}},
    {"Poly Saw", { 0,  1, 1,     500,  0,  90, 50, 13, 100, 12,  2100, 4, 2.0f, 420, 60,   4,    1400,  65,  240,  90,   0, 1,    25, 2,  4}},
    {"Pluck",    {25,  2, 1.8f,  240, 15,  85, 60,  8,  80,  0,  1000, 5, 3.2f, 260, 70,   1,    1700,   0,  300, 100,   0, 1,    20, 2,  9}},
};
// clang-format on
constexpr int kProgramCount = sizeof(kPrograms) / sizeof(kPrograms[0]);

}  // namespace daiw
