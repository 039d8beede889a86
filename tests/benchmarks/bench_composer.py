"""The reference composer against real songs.

The right column is measured on POP909 (250 songs for the harmonic figures, 181 for steps, repeats, leaps and recovery): melodies of
Chinese pop over mostly triads, so styles with richer chords sit above its chord-tone ratio by nature.
"""

from statistics import median, stdev
from time import perf_counter, process_time

from daiw.composer.reference import ReferenceComposer
from daiw.files.preset import find_preset, preset_paths
from daiw.measure import form, melody
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.time import Meter
from daiw.stages.compose import compose
from daiw.stages.plan import plan as lay_out
from daiw.studio import Studio

FEELINGS = ((-0.8, -0.5), (0.6, -0.6), (0.8, 0.7), (-0.6, 0.8))
FIGURES = {
    "chord-tone ratio": (lambda m, p: melody.chord_tone_ratio(m, p), ".667"),
    "chord-tone ratio, strong beats": (lambda m, p: melody.chord_tone_ratio(m, p, strong_only=True), ".786"),
    "notes a bar": (melody.notes_per_bar, "5.5"),
    "pitch-class entropy, 1 bar": (melody.pitch_class_entropy, "1.49"),
    "pitch-class entropy, 4 bars": (lambda m, p: melody.pitch_class_entropy(m, p, 4), "2.20"),
    "groove similarity": (melody.groove_similarity, ".715"),
    "leaps over 7 semitones": (lambda m, p: melody.leap_share(m), ".036"),
    "steps among moves": (lambda m, p: melody.step_share(m), ".577"),
    "repeated pitches": (lambda m, p: melody.repeat_share(m), ".221"),
    "recovered leaps": (lambda m, p: melody.recovered_leaps(m), ".872"),
    "range in semitones": (lambda m, p: melody.ambitus(m), "16"),
    "out of scale and chord": (lambda m, p: len(melody.stray_notes(m, p, approaches=True)) / len(m), "-"),
}


def test_reference_composer_against_pop909(publish):
    values: dict[str, list[float]] = {name: [] for name in FIGURES}
    returns, seconds = [], []
    for preset in preset_paths():
        style = find_preset(preset)
        for seed, (valence, arousal) in enumerate(FEELINGS):
            plan = lay_out(Intent("a benchmark", Emotion(valence, arousal), seed=seed + 10), style.plan, preset=preset)
            start = process_time()
            score = compose(plan, ReferenceComposer(style.compose))
            seconds.append((process_time() - start) * 64 / plan.bars)
            tune = score.part("melody").notes
            for name, (measure, _) in FIGURES.items():
                values[name].append(float(measure(tune, plan)))
            same = [s for s in plan.sections if s.name == "chorus" and "melody" in s.roles]
            returns += [form.section_similarity(tune, plan, same[0], section) for section in same[1:]]
    rows = [["melody", "ours, median", "sd", "POP909"]]
    rows += [[name, f"{median(values[name]):.3f}", f"{stdev(values[name]):.3f}", real] for name, (_, real) in FIGURES.items()]
    rows.append([f"chorus returns, n = {len(returns)}", f"{median(returns):.3f}", f"{stdev(returns):.3f}", ".81"])
    rows.append(["CPU seconds for 64 bars, all roles", f"{median(seconds):.2f}", f"{stdev(seconds):.2f}", "-"])
    publish(f"The reference composer's melodies against POP909, {len(seconds)} songs", rows)
    assert median(values["out of scale and chord"]) == 0


def test_trained_composer_writes_64_bars(publish):
    """Wall seconds by role: five parts of 64 bars are to take less than ten on two cores."""
    seconds: dict[str, list[float]] = {}
    studio = Studio()
    for preset in ("pop", "rock", "funk"):
        style = find_preset(preset)
        wishes = Wishes(bars=64, meter=Meter(4, 4))
        plan = lay_out(Intent("a benchmark", Emotion(0.3, 0.3), wishes, seed=3), style.plan, preset=preset)
        composer, parts = studio.composer(style, "neural"), ()
        for role in ("melody", "chords", "bass", "drums"):
            start = perf_counter()
            parts = (*parts, composer.write(plan, role, parts))
            seconds.setdefault(role, []).append(perf_counter() - start)
        total = sum(taken[-1] for role, taken in seconds.items() if role != "all")
        seconds.setdefault("all", []).append(total)
    rows = [["role", "median s", "least", "most"]]
    rows += [[role, f"{median(taken):.1f}", f"{min(taken):.1f}", f"{max(taken):.1f}"] for role, taken in seconds.items()]
    publish(f"The trained composer, 64 bars, {len(seconds['all'])} styles", rows)
