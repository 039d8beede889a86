// daiw-tone as DPF sees it.
#include "DistrhoPlugin.hpp"
#include "denormals.hpp"
#include "tone.hpp"

START_NAMESPACE_DISTRHO

class DaiwTone : public Plugin {
  public:
    DaiwTone() : Plugin(daiw::kToneParameters, 0, 0) {
        tone_.prepare(static_cast<float>(getSampleRate()));
        setLatency(daiw::Saturation::kLatency);
    }

  protected:
    const char* getLabel() const override { return "daiw_tone"; }
    const char* getDescription() const override { return "Tilt, oversampled drive and width, and one macro: vulnerability."; }
    const char* getMaker() const override { return "DAiW"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('D', 'w', 'T', 'n'); }

    void initParameter(uint32_t index, Parameter& parameter) override {
        const daiw::ToneInfo& info = daiw::kTonePanel[index];
        parameter.hints = kParameterIsAutomatable | (info.logarithmic ? kParameterIsLogarithmic : 0);
        parameter.name = info.name;
        parameter.symbol = info.symbol;
        parameter.unit = info.unit;
        parameter.ranges = ParameterRanges(info.usual, info.low, info.high);
    }

    float getParameterValue(uint32_t index) const override { return tone_.get(index); }
    void setParameterValue(uint32_t index, float value) override { tone_.set(index, value); }

    void activate() override { tone_.reset(); }
    void sampleRateChanged(double rate) override { tone_.prepare(static_cast<float>(rate)); }

    void run(const float** inputs, float** outputs, uint32_t frames) override {
        const daiw::FlushDenormals flush;
        tone_.process(inputs, outputs, frames);
    }

  private:
    daiw::Tone tone_;

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(DaiwTone)
};

Plugin* createPlugin() { return new DaiwTone(); }

END_NAMESPACE_DISTRHO
