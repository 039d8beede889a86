import json

import numpy as np
import pytest

from daiw.cli.main import main
from daiw.nets.composer import load_weights
from daiw.nets.own import ComposerFiles
from daiw.tokens.layout import LAYOUTS
from daiw.train.bits import ABLATIONS, ablated, bits, windows_without
from daiw.train.corpus import save_windows, windows_path
from daiw.train.probe import load_probe


@pytest.mark.parametrize("network", ["lead", "band", "kit"])
def test_parts_of_the_cost_add_up_and_every_hidden_input_costs(network):
    weights, held = load_weights(getattr(ComposerFiles(), network)), load_probe(network)
    found = bits(weights, held, 6)
    for key in [name for name in found if ":" not in name and not name.endswith(" plan")]:
        ends = found[key] - sum(value for name, value in found.items() if name.startswith(f"{key}: ") and "voice" not in name)
        assert 0 < ends < 0.3 * found[key]  # the rest is that bars end
    told = ablated(weights, held, 6)
    for key in {name.split(",")[0] for name in told}:
        assert told[f"{key}, without conditioning"] > told[f"{key}, with everything"]
        assert told[f"{key}, without copy"] > told[f"{key}, with everything"]


@pytest.mark.parametrize("network", ["lead", "band", "kit"])
@pytest.mark.parametrize("name", sorted(ABLATIONS))
def test_what_is_hidden_is_hidden_everywhere_and_nothing_else_is(network, name):
    held, layout = load_probe(network), LAYOUTS[network]
    without = windows_without(name, held, layout)
    changed = {column for i, (column, _) in enumerate(layout.features) if (without.features[:, i] != held.features[:, i]).any()}
    silent = {column for i, (column, _) in enumerate(layout.controls) if (without.controls[:, :, i] != held.controls[:, :, i]).any()}
    assert (without.targets == held.targets).all()
    if name == "conditioning":
        assert not changed
        assert "density" in silent
        assert "meter" not in silent
    elif name == "copy":
        assert changed == {column for column, _ in layout.features if column.startswith("copy_")}
        assert not silent
    else:
        assert ("root" in changed) == (network != "kit")
        assert "density" not in silent


def test_evaluate_composer_prints_figures_of_what_is_there(tmp_path, capsys):
    save_windows(windows_path(tmp_path, "kit", "val"), load_probe("kit"))
    assert main(["evaluate", "composer", "--corpus", str(tmp_path), "--parts", "bits", "--windows", "2", "--out", str(tmp_path / "o")]) == 0
    found = json.loads((tmp_path / "o" / "bits.json").read_text())
    assert 50 < found["drums groove"] < 250
    assert np.isfinite(list(found.values())).all()
    assert json.dumps(found, indent=1) in capsys.readouterr().out
    for arguments, says in (
        (["--parts", "bits,songs"], "there is no part songs"),
        (["--parts", "drums"], "need --data"),
        (["--corpus", str(tmp_path / "none")], "no such folder"),
        (["--composer", str(tmp_path)], "no card"),
    ):
        assert main(["evaluate", "composer", "--corpus", str(tmp_path), "--parts", "bits", *arguments]) == 2
        assert says in capsys.readouterr().err
