// daiw-keys as DPF sees it.
#include <algorithm>

#include "DistrhoPlugin.hpp"
#include "denormals.hpp"
#include "engine.hpp"
#ifdef DAIW_FAULTS
#include "faults.hpp"
#endif

START_NAMESPACE_DISTRHO

class DaiwKeys : public Plugin {
  public:
    DaiwKeys() : Plugin(daiw::kParameters, daiw::kProgramCount, 0) {
        engine_.prepare(static_cast<float>(getSampleRate()));
#ifdef DAIW_FAULTS
        faults_.load();
        setLatency(faults_.latency());
#endif
    }

  protected:
    const char* getLabel() const override { return "daiw_keys"; }
    const char* getDescription() const override { return "Electric pianos, bells, pads and polysynths from FM and band-limited waves."; }
    const char* getMaker() const override { return "DAiW"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
#ifdef DAIW_FAULTS
    int64_t getUniqueId() const override { return d_cconst('D', 'w', 'F', 't'); }
#else
    int64_t getUniqueId() const override { return d_cconst('D', 'w', 'K', 'y'); }
#endif

    void initParameter(uint32_t index, Parameter& parameter) override {
        const daiw::ParameterInfo& info = daiw::kPanel[index];
        parameter.hints = kParameterIsAutomatable | (info.logarithmic ? kParameterIsLogarithmic : 0);
        parameter.name = info.name;
        parameter.symbol = info.symbol;
        parameter.unit = info.unit;
        parameter.ranges = ParameterRanges(info.usual, info.low, info.high);
    }

    void initProgramName(uint32_t index, String& name) override { name = daiw::kPrograms[index].name; }
    void loadProgram(uint32_t index) override {
        for (uint32_t i = 0; i < daiw::kParameters; ++i)
            engine_.set(i, daiw::kPrograms[index].values[i]);
    }

    float getParameterValue(uint32_t index) const override { return engine_.get(index); }
    void setParameterValue(uint32_t index, float value) override { engine_.set(index, value); }

    void activate() override { engine_.reset(); }
    void sampleRateChanged(double rate) override { engine_.prepare(static_cast<float>(rate)); }

    static constexpr uint32_t kMostEvents = 512;  // DPF passes no more

    void run(const float**, float** outputs, uint32_t frames, const MidiEvent* events, uint32_t count) override {
        const daiw::FlushDenormals flush;
        // Hosts hand over controllers at the start of a buffer and notes where they are, not always in order: sort, controllers first.
        const MidiEvent* order[kMostEvents];
        count = std::min<uint32_t>(count, kMostEvents);
        for (uint32_t i = 0; i < count; ++i) {
            uint32_t k = i;
            for (; k > 0 && later(*order[k - 1], events[i]); --k)
                order[k] = order[k - 1];
            order[k] = &events[i];
        }
        uint32_t now = 0;
        for (uint32_t i = 0; i < count; ++i) {
            const uint32_t at = std::min(order[i]->frame, frames);
            if (order[i]->size < 2 || order[i]->size > 3)
                continue;
            engine_.render(outputs[0] + now, outputs[1] + now, at - now);
            now = at;
            engine_.message(order[i]->data);
        }
        engine_.render(outputs[0] + now, outputs[1] + now, frames - now);
#ifdef DAIW_FAULTS
        faults_.render(outputs, frames, count > 0);
#endif
    }

  private:
    static bool isNoteOn(const MidiEvent& event) { return (event.data[0] & 0xf0) == 0x90; }
    static bool later(const MidiEvent& a, const MidiEvent& b) {
        return a.frame > b.frame || (a.frame == b.frame && isNoteOn(a) && !isNoteOn(b));
    }

    daiw::Engine engine_;
#ifdef DAIW_FAULTS
    daiw::Faults faults_;
#endif

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(DaiwKeys)
};

Plugin* createPlugin() { return new DaiwKeys(); }

END_NAMESPACE_DISTRHO
