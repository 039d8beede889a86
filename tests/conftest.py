import os

import pytest

from daiw.cli.main import main

os.environ["DAIW_CACHE"] = "off"  # for child processes, too; tests of the cache name a folder of their own

PROMPT = "my grandmother's kitchen is empty now, and the radio still plays her waltz"


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory):
    """A small song as the command line makes it; read it, do not change it."""
    folder = tmp_path_factory.mktemp("songs") / "kitchen"
    assert main(["make", PROMPT, "--bars", "12", "--seed", "5", "--quiet", "--format", "flac", "--format", "mp3", "-o", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def toolchain():
    """The compiler and DPF, or the reason why a test of our own plugins is skipped."""
    from daiw.errors import PluginError
    from daiw.host.build import find_toolchain

    try:
        return find_toolchain()
    except PluginError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def fault_rig(toolchain, tmp_path_factory):
    """The fault-injection rig, fault -> bundle; compiled once."""
    from daiw.files.shipped import shipped
    from daiw.host.build import build_faults

    return build_faults(shipped("plugins"), toolchain, tmp_path_factory.mktemp("rig"))
