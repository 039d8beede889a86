import json
from dataclasses import replace

import numpy as np
import pytest

from daiw.nets.transformer_shape import Shape
from daiw.tokens.controls import COLUMN, FELT
from daiw.tokens.layout import LAYOUTS
from daiw.tokens.sheet import Sheet
from daiw.tokens.takes import Accompaniment, DrumTake
from daiw.train.corpus import VERSION, joined, load_windows, save_windows, windows_path
from daiw.train.loop import batches_of_epoch, gather, hide
from daiw.train.settings import Settings, rate
from daiw.train.windows import make_windows, song_windows, take_windows

SHAPE = Shape(width=32, layers=2, heads=2, head=16, inner=32, condition=16, cross=(1,))


def tune(seed, bars=8):
    rng = np.random.default_rng(seed)
    motif = rng.choice([60, 62, 64, 65, 67], 4)
    notes = [(bar * 48 + 12 * i, int(motif[i]), 12) for bar in range(bars) for i in range(4)]
    chords = [(bar * 48, (0, 5, 7, 0)[bar % 4], 0) for bar in range(bars)]
    return Sheet(f"pop909/{seed:03}", "pop909", "4/4", bars, np.array(notes, np.int32), np.array(chords, np.int32))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for split, seeds in (("train", range(12)), ("val", range(100, 103))):
        windows = make_windows([tune(seed) for seed in seeds], hop=16, unreferred=split == "train")
        save_windows(folder / f"windows-{split}-v{VERSION}.npz", windows)
    return folder


@pytest.fixture
def one_thread():
    """Torch on one thread: with more, sums are added up in an order that changes from run to run."""
    torch = pytest.importorskip("torch", reason="training needs torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_every_window_is_in_exactly_one_batch_of_an_epoch(corpus):
    windows = load_windows(corpus / f"windows-train-v{VERSION}.npz")
    batches = batches_of_epoch(windows, Settings(batch_tokens=600), 0)
    assert sorted(i for batch in batches for i in batch) == list(range(len(windows.names)))
    assert all(gather(windows, batch).weight.size <= 600 or len(batch) == 1 for batch in batches)
    assert batches_of_epoch(windows, Settings(batch_tokens=600), 0) == batches
    assert batches_of_epoch(windows, Settings(batch_tokens=600), 1) != batches


def test_padding_weighs_nothing(corpus):
    windows = load_windows(corpus / f"windows-train-v{VERSION}.npz")
    lengths = np.diff(windows.starts)
    batch = gather(windows, [int(lengths.argmin()), int(lengths.argmax())])
    assert batch.weight.sum() == lengths.min() + lengths.max()
    assert batch.targets[batch.weight == 0].sum() == 0


def test_hidden_controls_are_hidden_for_the_whole_window():
    controls = np.ones((400, 32, len(COLUMN)), np.int64)
    told = hide(controls, Settings(), np.random.default_rng(1))
    assert (told.min(axis=1) == told.max(axis=1)).all()
    assert (told[:, :, COLUMN["meter"]] == 1).all()
    all_hidden = (told[:, 0, [COLUMN[name] for name in FELT]] == 0).all(axis=1).mean()
    assert 0.06 < all_hidden < 0.2


def test_the_rate_warms_up_and_cools_down():
    settings = Settings(steps=100, warm_up=10)
    rates = [rate(step, settings) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates[-1] < 0.06


@pytest.mark.slow
def test_a_tiny_run_learns_and_goes_on_after_a_kill_with_the_same_curve(corpus, tmp_path, one_thread):
    from daiw.train.loop import train

    settings = Settings(steps=24, batch_tokens=1500, warm_up=4, dropout=0.05)
    whole = train(corpus, tmp_path / "whole", settings, SHAPE, every=12)
    first = json.loads((tmp_path / "whole" / "curve.jsonl").read_text().splitlines()[0])
    assert whole["melody pop909"] < first["melody pop909"]

    class Killed(Exception):
        pass

    def killed(line):
        raise Killed

    with pytest.raises(Killed):
        train(corpus, tmp_path / "cut", settings, SHAPE, every=12, report=killed)
    assert train(corpus, tmp_path / "cut", settings, SHAPE, every=12) == pytest.approx(whole, abs=1e-4)


def beats(seed):
    rng = np.random.default_rng(seed)
    rows = [(bar * 48 + 3 * i, int(rng.integers(4)), 90, 0) for bar in range(8) for i in range(0, 16, 2)]
    return DrumTake(f"groove/{seed}", "rock", 100.0, 8, np.array(rows, np.int32))


def accompanied(seed):
    sheet = tune(seed)
    bass = np.array([(bar * 48 + u, 36, 12, 0) for bar in range(8) for u in (0, 24)], np.int32)
    keys = np.array([(bar * 48 + u, p, 12, 0) for bar in range(8) for u in (0, 12, 24) for p in (60, 64)], np.int32)
    return Accompaniment(sheet, "pop909", bass, keys)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["kit", "band"])
def test_the_band_and_the_kit_learn_in_the_same_loop_and_go_on_after_a_kill(layout, tmp_path, one_thread):
    from daiw.train.loop import train

    bars = LAYOUTS[layout].window_bars
    for split, seeds in (("train", range(10)), ("val", range(50, 53))):
        made = [
            one
            for seed in seeds
            for one in (take_windows(beats(seed), 8) if layout == "kit" else song_windows(accompanied(seed), 32, lonely=split == "train"))
        ]
        save_windows(windows_path(tmp_path, layout, split), joined(made, bars))
    shape = replace(SHAPE, layout=layout, window_bars=bars)
    settings = Settings(steps=16, batch_tokens=1200, warm_up=4)
    whole = train(tmp_path, tmp_path / "whole", settings, shape, every=8)
    first = json.loads((tmp_path / "whole" / "curve.jsonl").read_text().splitlines()[0])
    role = LAYOUTS[layout].roles[0]
    name = next(key for key in whole if key.startswith(role) and not key.endswith("plan"))
    assert whole[name] < first[name]

    class Killed(Exception):
        pass

    def killed(line):
        raise Killed

    with pytest.raises(Killed):
        train(tmp_path, tmp_path / "cut", settings, shape, every=8, report=killed)
    assert train(tmp_path, tmp_path / "cut", settings, shape, every=8) == pytest.approx(whole, abs=1e-4)


def test_weights_of_every_layout_say_which_tables_they_need():
    for layout, table in LAYOUTS.items():
        sizes = replace(SHAPE, layout=layout, window_bars=table.window_bars).weights()
        assert sizes["head"][0] == table.vocabulary
        assert {name for name in sizes if name.startswith("feature.")} == {f"feature.{name}" for name, _ in table.features}
    with pytest.raises(ValueError, match="no such transformer"):
        replace(SHAPE, layout="choir")
