import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.nets.harmony_shape import HarmonyShape
from daiw.nets.harmony_transformer import load_harmony
from daiw.tokens.harmony import HEADER, KINDS, SECTION, Chart, ChartSection, HarmonyWalk, encode
from daiw.tokens.harmony_levels import TOLD, UNTOLD
from daiw.tokens.vocab import CHORD_CLASSES
from daiw.train.export import export
from daiw.train.harmony import ChartsTask, Streams, batches, content, form, hidden, partly_told, pieces, rows_of, told_of, train
from daiw.train.run import batches_from
from daiw.train.settings import Settings

TINY = HarmonyShape(width=16, layers=2, heads=2, head=8, inner=24)


def chart(roots, name="x"):
    bars = tuple(((0, root * len(CHORD_CLASSES)),) for root in roots)
    return Chart(name, "billboard", False, "4/4", (ChartSection("verse", bars), ChartSection("chorus", bars), ChartSection("verse", bars)))


def streams(count=6):
    made = [encode(chart([(i + k) % 12 for k in (0, 5, 7, 0)])) for i in range(count)]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in made])])
    return Streams(np.concatenate([np.array(one, np.int16) for one in made]), starts, tuple(f"billboard/{i}" for i in range(count)))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(40, 200))
def test_a_long_song_is_cut_into_legal_pieces_that_lose_nothing(lengths, most):
    sections = tuple(ChartSection("verse", (((0, 5),),) * min(32, length)) for length in lengths)
    tokens = encode(Chart("x", "billboard", False, "4/4", sections))
    cut = list(pieces(tokens, most))
    assert all(len(piece) <= most and piece[: len(HEADER)] == tokens[: len(HEADER)] for piece in cut)
    if max(3 * min(32, length) + 2 for length in lengths) < most - len(HEADER):
        assert [token for piece in cut for token in piece[len(HEADER) :]] == tokens[len(HEADER) :]
        for piece in cut:
            walk = HarmonyWalk()
            for token in piece:
                walk.push(token)
            assert piece[len(HEADER)] in SECTION


def test_an_epoch_shows_every_song_once_and_the_next_in_another_order():
    made, settings = streams(40), Settings(batch_tokens=300)
    first, second = batches(made, settings, 0), batches(made, settings, 1)
    assert sorted(i for batch in first for i in batch) == list(range(40))
    assert first != second
    longest = np.diff(made.starts)
    assert all(len(batch) * max(longest[i] for i in batch) <= 300 for batch in first)


def test_a_run_that_goes_on_sees_the_batches_it_would_have_seen():
    made, settings = streams(20), Settings(batch_tokens=200)
    task = ChartsTask(made, made, settings, TINY)
    whole = batches_from(task, 0)
    ahead = [next(whole) for _ in range(30)]
    later = batches_from(task, 17)
    assert [next(later) for _ in range(13)] == ahead[17:]


def test_what_is_hidden_is_only_what_the_header_tells():
    tokens = encode(chart([0, 5]))
    rng = np.random.default_rng(0)
    shown = [hidden(tokens, Settings(hide_one=0.5, hide_all=0.3), rng) for _ in range(60)]
    assert all(one[:2] == tokens[:2] and one[len(HEADER) :] == tokens[len(HEADER) :] for one in shown)
    for i, name in enumerate(HEADER[2:], 2):
        values = {one[i] for one in shown}
        assert values == {tokens[i], KINDS[name].token(0)}


def test_what_is_told_of_sections_is_true_or_hidden_in_the_whole_song():
    tokens = encode(chart([0, 5, 0, 9]))
    true = told_of(tokens)
    assert len(true) == 3
    assert all(any(levels) for levels in true)
    rng = np.random.default_rng(0)
    seen = [set[int]() for _ in TOLD]
    for _ in range(60):
        shown, told = partly_told(tokens, true, Settings(hide_one=0.5, hide_all=0.3), rng)
        if all(token == KINDS[name].token(0) for name, token in zip(HEADER[2:], shown[2:], strict=False)):
            assert told == [UNTOLD] * 3
        for i, kept in enumerate(seen):
            column = [levels[i] for levels in told]
            assert column in ([0] * 3, [levels[i] for levels in true])
            kept.add(column[0])
    assert all(len(kept) == 2 or not true[0][i] for i, kept in enumerate(seen))


def test_a_row_shows_what_is_told_and_nothing_else_differs():
    tokens = encode(chart([0, 5]))
    told, untold = rows_of(tokens, told_of(tokens)), rows_of(tokens)
    assert (told[:, : -len(TOLD)] == untold[:, : -len(TOLD)]).all()
    assert (untold[:, -len(TOLD) :] == 0).all()
    assert (told[-1, -len(TOLD) :] == told_of(tokens)[-1]).all()


def test_every_token_after_the_header_is_content_or_form_and_none_is_both():
    targets = np.array(encode(chart([0, 5, 7])))
    both = content(targets).astype(int) + form(targets)
    assert both[: len(HEADER)].sum() == 0
    assert (both[len(HEADER) :] == 1).all()


def test_a_run_learns_survives_a_kill_and_decodes_alike_in_numpy(tmp_path):
    torch = pytest.importorskip("torch", reason="training needs torch")
    made, settings = streams(), Settings(steps=30, batch_tokens=200, warm_up=2)
    whole = train(made, made, tmp_path / "whole", settings, TINY, every=15, report=lambda line: None)
    curve = [json.loads(line) for line in (tmp_path / "whole" / "curve.jsonl").read_text().splitlines()]
    assert curve[1]["billboard chords"] < curve[0]["billboard chords"]

    class Killed(Exception):
        pass

    def kill(line):
        raise Killed

    with pytest.raises(Killed):
        train(made, made, tmp_path / "killed", settings, TINY, every=15, report=kill)
    again = train(made, made, tmp_path / "killed", settings, TINY, every=15, report=lambda line: None)
    assert again == pytest.approx(whole, abs=1e-6)

    export(tmp_path / "whole" / "best.pt", tmp_path / "w" / "harmony.safetensors")
    weights = load_harmony(tmp_path / "w" / "harmony.safetensors")
    from daiw.train.harmony_evaluate import logits_of
    from daiw.train.harmony_model import model_of

    state = torch.load(tmp_path / "whole" / "best.pt", weights_only=True)
    model = model_of(TINY, 0.0)
    model.load_state_dict(state["model"])
    rows = rows_of(made.one(2))
    model.eval()
    with torch.no_grad():
        expected = model(torch.from_numpy(rows[None]))[0].numpy()
    assert np.abs(logits_of(weights, rows) - expected).max() < 0.03


def test_the_table_of_sections_says_what_loops_are_like(tmp_path, monkeypatch):
    from daiw.nets import charted_sections
    from daiw.train.harmony_sections import write_sections

    roots = (0, 5, 7, 0, 0, 5, 7, 0)
    bars = tuple(((0, root * len(CHORD_CLASSES)),) for root in roots)
    one = Chart("billboard/x", "billboard", False, "4/4", (ChartSection("verse", bars), ChartSection("bridge", bars)))
    tokens = encode(one)
    write_sections(Streams(np.array(tokens, np.int16), np.array([0, len(tokens)]), ("billboard/x",)), tmp_path / "sections.csv")
    monkeypatch.setattr(charted_sections, "SECTIONS_PATH", tmp_path / "sections.csv")
    (row,) = charted_sections.charted.__wrapped__()
    assert dict(zip(charted_sections.COLUMNS, row, strict=True)) == {
        "minor": 0.0, "sevenths": 0.0, "foreign": 0.0, "changes": 7 / 8, "brightness": 1.0, "tension": 0.0, "returns": 1.0, "distinct": 3.0,
    }  # fmt: skip
