import pytest

from daiw.cli.main import main

PROMPT = "my grandmother's kitchen is empty now, and the radio still plays her waltz"


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory):
    """A small song as the command line makes it; read it, do not change it."""
    folder = tmp_path_factory.mktemp("songs") / "kitchen"
    assert main(["make", PROMPT, "--bars", "12", "--seed", "5", "--quiet", "--format", "flac", "--format", "mp3", "-o", str(folder)]) == 0
    return folder
