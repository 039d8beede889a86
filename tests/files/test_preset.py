import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daiw.errors import PresetError
from daiw.files.preset import MAX_PRESET_BYTES, find_preset, load_about, load_preset, preset_paths

PRESETS = preset_paths()
assert len(PRESETS) >= 14, "the parametrised tests below would test too little"


@pytest.mark.parametrize("name", PRESETS)
def test_every_shipped_preset_loads(name):
    preset = load_preset(PRESETS[name])
    assert preset.name == name
    assert preset.about.title
    assert len(preset.about.description) > 40
    assert load_about(PRESETS[name]) == preset.about


def test_no_two_presets_claim_one_genre_word():
    claimed = [word for path in PRESETS.values() for word in load_preset(path).about.genres]
    assert len(claimed) == len(set(claimed))


ABOUT = '[about]\ntitle = "X"\ndescription = "y"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ABOUT + "[mixx]\n", "has no key mixx; keys are name, about, plan, compose, arrange, render, mix, master"),
        (ABOUT + "[mix]\nloudnes = 1\n", "mix has no key loudnes; keys are"),
        ("[about]\ntitle = 1\n", "about.title must be a text"),
        ('[about]\ntitle = "X"\n', "lacks the key 'description'"),
        ("[about\n", "is not valid TOML"),
        ('name = "x"\n' + ABOUT, "remove the key name"),
        ("x = " + "[" * 5000, "is not valid TOML"),
    ],
)
def test_a_bad_preset_is_named(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(PresetError, match=message) as caught:
        load_preset(path)
    assert "bad.toml" in str(caught.value)


def test_unreadable_presets(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b"[about]\ntitle = '\xff'\n")
    (tmp_path / "huge.toml").write_bytes(b"#" * (MAX_PRESET_BYTES + 1))
    (tmp_path / "folder.toml").mkdir()
    for name, message in (("latin", "not UTF-8"), ("huge", "at most"), ("folder", "cannot read"), ("absent", "cannot read")):
        with pytest.raises(PresetError, match=message):
            load_preset(tmp_path / f"{name}.toml")


def test_the_nearest_names_are_offered():
    with pytest.raises(PresetError, match="did you mean lofi"):
        find_preset("lo-fi")
    with pytest.raises(PresetError, match="presets are ambient"):
        find_preset("qqqqqqqq")


def test_a_double_name_is_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.toml").write_text(ABOUT)
    with pytest.raises(PresetError, match="exists twice"):
        preset_paths([tmp_path / "a", tmp_path / "b"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_load_or_are_refused(tmp_path, raw):
    path = tmp_path / "fuzz.toml"
    path.write_bytes(raw)
    try:
        load_preset(path)
    except PresetError as error:
        assert "\n" not in str(error)
