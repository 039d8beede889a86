import numpy as np

from daiw.composer.reference import ReferenceComposer
from daiw.files.preset import load_preset, preset_paths
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import Key
from daiw.nets.composer import load_weights
from daiw.pipeline import plan
from daiw.train.obedience import sheet_of, through_the_plan


def test_a_song_of_ours_is_measured_as_a_songs_sheet():
    preset = load_preset(preset_paths()["pop"])
    made = plan(Intent("", Emotion(0.3, 0.2), Wishes(bars=8, key=Key.parse("Eb major"), bpm=96.0), seed=1), preset)
    notes = ReferenceComposer(preset.compose).write(made, "melody", ()).notes
    sheet = sheet_of(made, notes)
    shift = sheet.notes[0, 1] - notes[0].pitch
    assert (shift - 9) % 12 == 0, "E flat becomes C"
    assert (sheet.bars, sheet.meter, sheet.minor, sheet.bpm) == (8, "4/4", False, 96.0)
    assert len(sheet.notes) == len({round(note.start / 40) for note in notes})
    assert abs(float(sheet.notes[:, 1].mean()) - 70) <= 6.5
    assert (sheet.chords[0, 1] - made.harmony[0].chord.root.number - shift) % 12 == 0
    assert sheet.chords[-1, 0] < 8 * 48


def test_feelings_are_followed_through_the_plan():
    found = through_the_plan(load_weights(), 8, "pop")
    assert found["n"] == 8
    assert found["valence"] > 0
    assert found["density"] > 0.5
    assert set(found) == {"valence", "arousal", "density", "register", "n"}
    assert all(np.isfinite(value) for value in found.values())
