// What goes wrong with plugins, on demand: the rig that the host's tests drive.  Built with -DDAIW_FAULTS only.
//
// The fault is named by the environment variable DAIW_FAULT, else by the file: a bundle called fault-hang_render.vst3 hangs when it
// renders.  DAIW_FAULT_AMOUNT: seconds, frames, bytes or level, as the fault wants it.
#pragma once

#include <dlfcn.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "DistrhoPlugin.hpp"

namespace daiw {

class Faults {
  public:
    // When the library is opened: the first instance is made then.
    void load() {
        name_ = chosen();
        const char* amount = std::getenv("DAIW_FAULT_AMOUNT");
        amount_ = amount ? std::atof(amount) : 0.0;
        if (name_ == "crash_load")
            crash();
        if (name_ == "abort_load")
            std::abort();
        if (name_ == "exit_load")
            std::_Exit(3);
        if (name_ == "hang_load")
            hang();
        if (name_ == "slow_load")
            usleep(static_cast<useconds_t>(1e6 * or_(3.0)));
        if (name_ == "stdout_noise")
            noise();
        if (name_ == "latency")
            line_.assign(2 * latency(), 0.0f);
    }

    uint32_t latency() const { return name_ == "latency" ? static_cast<uint32_t>(or_(1000.0)) : 0; }

    void render(float** outputs, uint32_t frames, bool events) {
        heard_ |= events;
        if (name_ == "crash_render" && heard_)
            crash();
        if (name_ == "exit_render" && heard_)
            std::_Exit(3);
        if (name_ == "hang_render" && heard_)
            hang();
        if (name_ == "spin_render" && heard_)
            spin();
        if (name_ == "slow_render")
            usleep(static_cast<useconds_t>(1e6 * or_(0.05)));
        if (name_ == "stdout_noise")
            noise();
        if (name_ == "memory_growth")
            grow();
        for (int side = 0; side < 2; ++side)
            for (uint32_t i = 0; i < frames; ++i)
                outputs[side][i] = spoilt(outputs[side][i]);
        if (name_ == "latency")
            delay(outputs, frames);
    }

  private:
    float spoilt(float sample) {
        if (name_ == "silence")
            return 0.0f;
        if (name_ == "nan" && heard_)
            return std::numeric_limits<float>::quiet_NaN();
        if (name_ == "inf" && heard_)
            return std::numeric_limits<float>::infinity();
        if (name_ == "dc")
            return sample + static_cast<float>(or_(0.25));
        if (name_ == "loud")
            return sample * static_cast<float>(or_(1000.0));
        return sample;
    }

    void delay(float** outputs, uint32_t frames) {
        const uint32_t length = latency();
        for (uint32_t i = 0; i < frames && length > 0; ++i, at_ = (at_ + 1) % length)
            for (int side = 0; side < 2; ++side)
                std::swap(outputs[side][i], line_[static_cast<uint32_t>(side) * length + at_]);
    }

    void grow() {
        const size_t bytes = static_cast<size_t>(or_(16e6));
        if (void* block = std::malloc(bytes))  // and never freed
            std::memset(block, 1, bytes);
    }

    static void crash() { std::raise(SIGSEGV); }

    static void hang() {
        for (;;)
            pause();
    }

    static void spin() {
        volatile unsigned turns = 0;
        for (;;)
            turns = turns + 1;
    }

    static void noise() {
        std::printf("plugin: hello from the plugin, this is not your protocol\n");
        std::fflush(stdout);
        std::fprintf(stderr, "plugin: and this is not your log\n");
    }

    double or_(double usual) const { return amount_ > 0.0 ? amount_ : usual; }

    static std::string chosen() {
        if (const char* name = std::getenv("DAIW_FAULT"))
            return name;
        Dl_info info;
        static const int here = 0;
        if (dladdr(&here, &info) == 0 || info.dli_fname == nullptr)
            return "";
        const std::string path = info.dli_fname;
        const size_t start = path.rfind("fault-");
        if (start == std::string::npos)
            return "";
        return path.substr(start + 6, path.find_first_of("./", start) - start - 6);
    }

    std::string name_;
    double amount_ = 0.0;
    bool heard_ = false;
    std::vector<float> line_;
    uint32_t at_ = 0;
};

}  // namespace daiw
