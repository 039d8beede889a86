"""How fast the trained composer decodes, against Hugging Face's `generate` and against the memory it has to read.

The peer is a Llama of the same width, layers, heads, key-value heads, feed-forward and vocabulary with random weights, float32, the faster
of one and two threads; it samples without rules.  Ours draws real lines under the rules of the product, at most on two threads.
The limit is one core reading as many bytes as the int8 matrices have, over and over, the fastest of three ways to read.
"""

from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter

import numpy as np
import pytest

from daiw.nets.composer import load_weights
from daiw.nets.decoder import Context, Rows, engine_of
from daiw.nets.lead_rules import Window
from daiw.nets.picking import Chance
from daiw.nets.sampler import draw
from daiw.tokens.controls import COLUMN, CONTROLS

RUNS = 7
BARS = 24


def window(bars=BARS):
    """C, G, Am, F, and controls of a middling verse."""
    chords = np.array([(48 * bar, *((0, 0), (7, 0), (9, 1), (5, 0))[bar % 4]) for bar in range(bars + 1)], np.int32)
    controls = np.zeros((32, len(CONTROLS)), np.int64)
    for name, value in {"meter": 1, "style": 1, "minor": 1, "density": 6, "register": 5, "tempo": 4}.items():
        controls[:, COLUMN[name]] = value
    return Window(bars, 48, chords, controls, sounding=frozenset(range(bars)))


def drawn(chance, seed):
    """(seconds, tokens of the longest line, tokens of all)."""
    began = perf_counter()
    lines = draw(load_weights(), window(), chance, np.random.default_rng(seed))
    lengths = [len(line.tokens) for line in lines]
    return perf_counter() - began, max(lengths), sum(lengths)


def peer(torch, transformers):
    """A Llama of the same size and, beside it, its number of parameters."""
    shape = load_weights().shape
    config = transformers.LlamaConfig(
        vocab_size=shape.table.vocabulary, hidden_size=shape.width, intermediate_size=shape.inner, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, num_key_value_heads=1, max_position_embeddings=4096, bos_token_id=1, eos_token_id=None,
        pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(1)
    model = transformers.LlamaForCausalLM(config).eval()
    return model, sum(weight.numel() for weight in model.parameters())


@pytest.mark.filterwarnings("ignore")
def test_decoding_against_hugging_face(publish):
    torch = pytest.importorskip("torch", reason="the peer needs torch: pip install '.[train]'")
    transformers = pytest.importorskip("transformers", reason="the peer is transformers: pip install --group bench")
    one = Chance(candidates=1, guidance=1.0)
    model, parameters = peer(torch, transformers)
    drawn(one, 0)
    ours, theirs, ratios = [], {1: [], 2: []}, []
    for seed in range(RUNS):
        seconds, count, _ = drawn(one, seed)
        ours.append(1e3 * seconds / count)
        for threads, each in theirs.items():
            torch.set_num_threads(threads)
            began = perf_counter()
            with torch.no_grad():
                model.generate(torch.ones((1, 1), dtype=torch.long), min_new_tokens=count, max_new_tokens=count, do_sample=True, top_p=0.97)
            each.append(1e3 * (perf_counter() - began) / count)
        ratios.append(min(each[-1] for each in theirs.values()) / ours[-1])
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    rows = [["batch 1, ms a token", "median", "least", "most"]]
    rows.append(["DAiW, rules and all", *(f"{f(ours):.2f}" for f in (median, min, max))])
    for threads, each in theirs.items():
        rows.append([f"generate, {threads} thread(s), {parameters / 1e6:.1f} M", *(f"{f(each):.2f}" for f in (median, min, max))])
    rows.append(["ratio to its faster", *(f"{f(ratios):.1f} x" for f in (median, min, max))])
    publish(f"Decoding against {versions}, {RUNS} runs", rows)


def reading(size):
    """Bytes a second that one core reads from a warm buffer of `size` bytes, the fastest way of three."""
    buffer = np.ones(size // 64 * 64, np.int8)
    ways = (lambda: buffer.view(np.int64).max(), lambda: buffer.view(np.float32).max(), lambda: np.bitwise_or.reduce(buffer.view(np.int64)))
    best = 0.0
    for way in ways:
        for _ in range(30):
            began = perf_counter()
            way()
            best = max(best, len(buffer) / (perf_counter() - began))
    return best


def steps_ms(weights, groups, count, steps=200, context=60, lane=0):
    """Median milliseconds of a step of `groups * count` rows after a context."""
    rng = np.random.default_rng(1)
    table = weights.shape.table
    controls = np.stack([rng.integers(0, size, (groups, table.window_bars)) for _, size in table.controls], axis=-1)
    features = np.stack([rng.integers(0, size, context + count) for _, size in table.features], axis=-1)
    held = Context(engine_of(weights), controls)
    held.read(features[:context], np.zeros(context, np.int64))
    rows, bars, seconds = Rows(held, count, lane), np.zeros(count, np.int64), []
    for _ in range(steps):
        began = perf_counter()
        rows.step(features[context:], bars)
        seconds.append(perf_counter() - began)
    return 1e3 * median(seconds)


def test_decoding_against_the_streaming_limit(publish):
    weights = load_weights()
    step = [name for name in weights.matrices if not name.endswith((".scale", "control_in", "cross_key_value"))]
    size = sum(weights.matrices[name].size for name in step)
    near, far = reading(size), reading(1 << 28)
    alone = [steps_ms(weights, 1, 1) for _ in range(RUNS)]
    drawing = []
    for seed in range(RUNS):
        seconds, count, _ = drawn(Chance(candidates=1, guidance=1.0), seed)
        drawing.append(1e3 * seconds / count)
    rows = [["batch 1", "ms a token", "of the limit, memory", "of the limit, cache"]]
    limits = {"memory": 1e3 * size / far, "cache": 1e3 * size / near}
    rows.append(
        [
            f"reading {size / 1e6:.2f} MB of int8",
            *(f"{limits[name]:.3f}" for name in ("memory",)),
            f"{far / 1e9:.1f} GB/s",
            f"{near / 1e9:.1f} GB/s",
        ]
    )
    for name, values in (("network alone", alone), ("rules and all", drawing)):
        rows.append([name, f"{median(values):.3f}", *(f"{100 * limits[which] / median(values):.0f} %" for which in limits)])
    publish(f"Decoding against reading the weights, {RUNS} runs", rows)


def test_eight_candidates_against_one(publish):
    rows = [["24 bars", "one, s", "eight, s", "ratio", "ratio a step"]]
    for name, guidance in (("guided, as shipped", Chance().guidance), ("unguided", 1.0)):
        both = [[drawn(Chance(candidates=count, guidance=guidance), seed) for count in (1, 8)] for seed in range(RUNS)]
        one, eight = zip(*both, strict=True)
        whole = median(seconds for seconds, _, _ in eight) / median(seconds for seconds, _, _ in one)
        step = median(s / longest for s, longest, _ in eight) / median(s / longest for s, longest, _ in one)
        rows.append([name, *(f"{median(seconds for seconds, _, _ in runs):.2f}" for runs in (one, eight)), f"{whole:.2f}", f"{step:.2f}"])
    weights, alone = load_weights(), []
    for groups in (2, 1):
        one, eight = (median(at_once_ms(weights, groups, count, threads) for _ in range(RUNS)) for count, threads in ((1, 1), (4, 2)))
        alone.append(
            ["network alone, ms a step" + (", guided" if groups == 2 else ""), f"{one:.3f}", f"{eight:.3f}", "", f"{eight / one:.2f}"]
        )
    publish(f"Eight candidates against one, {RUNS} seeds", rows + alone)


def at_once_ms(weights, groups, count, threads):
    """Median milliseconds of a step of `groups * count` rows, 400 of them, on each of some threads at once; the slowest thread's."""
    with ThreadPoolExecutor(threads) as pool:
        return max(pool.map(lambda lane: steps_ms(weights, groups, count, steps=400, context=1, lane=lane), range(threads)))
