import dataclasses

import pytest

from daiw.files.preset import find_preset
from daiw.files.shipped import shipped
from daiw.music.styles.plan import PlanStyle, read_form, read_progression

PRESETS = sorted(path.stem for path in shipped("presets").glob("*.toml"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"bpm": (120.0, 80.0)}, "lowest, highest"),
        ({"bpm": (80.0,)}, "lowest, highest"),
        ({"bpm": (5.0, 80.0)}, "30..240"),
        ({"minutes": 0.1}, "minutes"),
        ({"meters": {}}, "at least one"),
        ({"meters": {"four": 1.0}}, "is not a meter"),
        ({"modes": {"happy": 1.0}}, "no 'happy'"),
        ({"modes": {"major": -1.0}}, "0..10"),
        ({"modes": {"dorian": 1.0}}, "progressions.dorian needs at least one verse"),
        ({"tonics": ("H",)}, "not a note name"),
        ({"forms": ()}, "at least one"),
        ({"forms": ("intro four",)}, "name bars"),
        ({"forms": ("refrain 8",)}, "names are"),
        ({"forms": ("downfall: verse 8",)}, "no arc"),
        ({"arcs": {"downfall": 1.0}}, "no 'downfall'"),
        ({"progressions": {"major": {"verse": ("I | H",)}, "minor": {"verse": ("i",)}}}, "not a roman numeral"),
        ({"progressions": {"major": {"verse": ("I | | V",)}, "minor": {"verse": ("i",)}}}, "one to four chords"),
        ({"progressions": {"major": {"verse": ("I I I I I",)}, "minor": {"verse": ("i",)}}}, "one to four chords"),
        ({"progressions": {"major": {"refrain": ("I",)}}}, "needs at least one verse"),
        ({"progressions": {"funny": {"verse": ("I",)}}}, "no 'funny'"),
        ({"bars_per_written_bar": 3.0}, "0.5, 1, 2 or 4"),
        ({"invention": 1.5}, "invention must lie in 0..1"),
        ({"slash": -0.1}, "slash must lie in 0..1"),
        ({"roles": ()}, "at least one"),
        ({"roles": ("kazoo",)}, "no 'kazoo'"),
        ({"entries": {"kazoo": 0.5}}, "no 'kazoo'"),
    ],
)
def test_out_of_range_is_refused_with_a_sentence(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        PlanStyle(**change)


def test_forms_and_progressions_read():
    assert read_form("spiral: intro 4,verse 16") == ("spiral", (("intro", 4), ("verse", 16)))
    assert read_progression("ii7 V7 | Imaj7 | %") == (("ii7", "V7"), ("Imaj7",), ("%",))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_style_says_everything_of_its_own(preset):
    style = find_preset(preset, [shipped("presets")]).plan
    plain = PlanStyle()
    same = [field.name for field in dataclasses.fields(style) if getattr(style, field.name) == getattr(plain, field.name)]
    assert not {"bpm", "forms", "modes", "progressions", "arcs", "entries"} & set(same)
    assert len(style.forms) >= 4
    assert len(style.modes) >= 2
    assert any(mode in style.modes for mode in ("minor", "dorian"))
    assert "major" in style.modes
    for mode in style.modes:
        assert sum(len(texts) for texts in style.progressions[mode].values()) >= 2


def test_no_two_styles_share_their_numbers():
    styles = [find_preset(preset, [shipped("presets")]).plan for preset in PRESETS]
    for name in ("bpm", "forms", "progressions", "entries"):
        assert len({repr(getattr(style, name)) for style in styles}) == len(styles), name
