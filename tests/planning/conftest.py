import pytest

from daiw.files.preset import find_preset
from daiw.files.shipped import shipped

PRESETS = sorted(path.stem for path in shipped("presets").glob("*.toml"))


@pytest.fixture(params=PRESETS)
def style(request):
    return find_preset(request.param, [shipped("presets")]).plan
