import pytest


@pytest.fixture
def declare(rig, tmp_path):
    """Write a manifest of the rig and return all manifests found beside it."""
    from daiw.host.registry import load_manifests
    from daiw.music.manifest import MANIFEST_FILE

    def write(name: str = "mine", plugin: str = "Synth", more: str = "", kind: str = "instrument", path: str = "", beside=()):
        folder = tmp_path / "plugins" / name
        folder.mkdir(parents=True, exist_ok=True)
        text = f'kind = "{kind}"\nengine = "vst3"\nlicense = "GPL-3.0-or-later"\ndescription = "A test."\n'
        text += f'path = "{path or rig / f"Rig{plugin}.vst3"}"\n{more}\n'
        (folder / MANIFEST_FILE).write_text(text)
        return load_manifests([*beside, tmp_path / "plugins"])

    return write
