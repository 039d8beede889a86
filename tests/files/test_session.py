import pytest

from daiw.errors import OutputError
from daiw.files.session import ROLE_COLOURS, colour, new_file, sound_info
from daiw.music.instruments import ROLES


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
