import pytest

from daiw.errors import OutputError
from daiw.files.session import ROLE_COLOURS, Strip, colour, new_file, sound_info, strips
from daiw.music.instruments import ROLES
from daiw.music.styles.mix import DelayStyle, MixStyle, ReverbStyle, RoleMix


def test_a_file_is_complete_or_absent(tmp_path):
    target = tmp_path / "song.rpp"

    def fail(error):
        with new_file(target, force=True) as temporary:
            temporary.write_bytes(b"half")
            raise error

    with pytest.raises(OutputError, match="No space left"):
        fail(OSError(28, "No space left on device"))
    with pytest.raises(KeyboardInterrupt):
        fail(KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []
    with new_file(target) as temporary:
        temporary.write_bytes(b"whole")
        assert not target.exists()
    with pytest.raises(KeyboardInterrupt):
        fail(KeyboardInterrupt())
    assert [path.name for path in tmp_path.iterdir()] == ["song.rpp"]
    assert target.read_bytes() == b"whole"


def test_every_role_has_its_own_colour():
    assert len({ROLE_COLOURS[role] for role in ROLES}) == len(ROLES)
    assert {colour(role, 3) for role in ROLES} == {ROLE_COLOURS[role] for role in ROLES}
    assert colour("kazoo", 0) != colour("kazoo", 1)


def test_beats_follow_the_tempo_map(session):
    assert session.end == 4 * 1920 + 2 * 1440
    assert session.beats(0.0) == 0.0
    assert session.beats(5.0) == pytest.approx(8.0)
    assert session.beats(10 + 60 / 84.5) == pytest.approx(17.0)


def test_sound_info_reads_the_header(song_folder):
    info = sound_info(song_folder / "mix.wav", "mix", "mix.wav")
    assert (info.sample_rate, info.channels) == (48_000, 2)
    assert info.duration_s > 10


def test_strips_are_the_mix_as_it_stands():
    table = MixStyle(
        reverb=ReverbStyle(level_db=-2.0), delay=DelayStyle(level_db=0.0),
        roles={"melody": RoleMix(pan=0.25, reverb_db=-10.0, delay_db=-16.0), "bass": RoleMix(pan=0.0, reverb_db=-60.0, delay_db=-60.0)},
    )  # fmt: skip
    players = {"melody": "flute", "bass": "sub_bass"}
    assert strips(table, players, ("reverb", "delay")) == {
        "melody": Strip("flute", 0.25, (("reverb", -12.0), ("delay", -16.0))),
        "bass": Strip("sub_bass", 0.0, ()),
    }
    assert strips(table, players, ("reverb",))["melody"].sends == (("reverb", -12.0),)
