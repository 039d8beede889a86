"""One host at a time renders a song of stems through VST3 plugins, in a process of its own: run by bench_plugins.py, never imported.

python plugin_hosts.py HOST JOB.json RUNS: prints {"load_s", "wall_s": [...], "cpu_s": [...], "peak": ..., "onset": ...} as the last line.
JOB: {"rate", "seconds", "instrument", "effects": [...], "stems": [[[pitch, velocity, start_s, duration_s], ...], ...]}.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

BLOCK = 512


def pedalboard_host(job):
    """In this process, no isolation: what the plugins themselves cost."""
    import pedalboard

    stems = [(pedalboard.load_plugin(job["instrument"]), [pedalboard.load_plugin(path) for path in job["effects"]]) for _ in job["stems"]]

    def render():
        out = []
        for (instrument, effects), notes in zip(stems, job["stems"], strict=True):
            events = [(bytes([0x90, p, v]), at) for p, v, at, _ in notes] + [(bytes([0x80, p, 0]), at + d) for p, _, at, d in notes]
            sound = instrument(
                sorted(events, key=lambda event: event[1]), duration=job["seconds"], sample_rate=job["rate"], num_channels=2, reset=True
            )
            for effect in effects:
                sound = effect(sound, job["rate"], reset=True)
            out.append(sound)
        return out

    return render


def dawdreamer_host(job):
    """One graph with a branch a stem."""
    import dawdreamer

    engine = dawdreamer.RenderEngine(job["rate"], BLOCK)
    graph, last = [], []
    for i, notes in enumerate(job["stems"]):
        synth = engine.make_plugin_processor(f"keys{i}", job["instrument"])
        for pitch, velocity, start, duration in notes:
            synth.add_midi_note(pitch, velocity, start, duration)
        graph.append((synth, []))
        before = f"keys{i}"
        for k, path in enumerate(job["effects"]):
            effect = engine.make_plugin_processor(f"fx{i}-{k}", path)
            graph.append((effect, [before]))
            before = f"fx{i}-{k}"
            if k == len(job["effects"]) - 1:
                effect.record = True
                last.append(effect)
    graph.append((engine.make_add_processor("sum", [1.0] * len(last)), [f"fx{i}-{len(job['effects']) - 1}" for i in range(len(last))]))
    engine.load_graph(graph)

    def render():
        engine.render(job["seconds"])
        return [np.asarray(effect.get_audio()) for effect in last]

    return render


def minihost_host(job):
    """Blocks of BLOCK frames through each stem's plugins in turn."""
    import minihost

    stems = []
    for notes in job["stems"]:
        chain = [minihost.Plugin(path, job["rate"], BLOCK) for path in (job["instrument"], *job["effects"])]
        events = [(round(at * job["rate"]), 0x90, p, v) for p, v, at, _ in notes]
        events += [(round((at + d) * job["rate"]), 0x80, p, 0) for p, _, at, d in notes]
        stems.append((chain, sorted(events)))
    frames = round(job["seconds"] * job["rate"])

    def render():
        out = []
        for chain, events in stems:
            for plugin in chain:
                plugin.reset()
            sound, silence = np.zeros((2, frames), np.float32), np.zeros((2, BLOCK), np.float32)
            a, b = np.zeros((2, BLOCK), np.float32), np.zeros((2, BLOCK), np.float32)
            place = 0
            for start in range(0, frames - BLOCK + 1, BLOCK):
                here = []
                while place < len(events) and events[place][0] < start + BLOCK:
                    here.append((events[place][0] - start, *events[place][1:]))
                    place += 1
                chain[0].process_midi(silence, a, here)
                for plugin in chain[1:]:
                    plugin.process(a, b)
                    a, b = b, a
                sound[:, start : start + BLOCK] = a
            out.append(sound)
        return out

    return render


HOSTS = {"pedalboard": pedalboard_host, "dawdreamer": dawdreamer_host, "minihost": minihost_host}


def main() -> None:
    host, job, runs = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), int(sys.argv[3])
    began = time.perf_counter()
    render = HOSTS[host](job)
    loaded = time.perf_counter() - began
    stems = render()  # warms up
    walls, cpus = [], []
    for _ in range(runs):
        began, cpu = time.perf_counter(), time.process_time()
        stems = render()
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - cpu)
    peaks = [float(np.abs(stem).max()) for stem in stems]
    heard = [
        int(np.flatnonzero(np.abs(stem).max(axis=0) > 1e-4)[0]) if peak > 1e-4 else -1 for stem, peak in zip(stems, peaks, strict=True)
    ]
    print(json.dumps({"load_s": loaded, "wall_s": walls, "cpu_s": cpus, "peak": peaks, "onset": heard}))


if __name__ == "__main__":
    main()
