import pytest

from daiw.music.manifest import Insert
from daiw.music.styles.render import RenderStyle


def test_inserts_are_for_roles_that_exist():
    assert RenderStyle({"bass": (Insert("chorus"),)}).inserts["bass"][0].effect == "chorus"
    with pytest.raises(ValueError, match="inserts name no role: bas; roles are melody"):
        RenderStyle({"bas": ()})
