"""Write the golden scores anew after a meant change of the reference composer: python tests/golden/regenerate_scores.py."""

import importlib.util
from pathlib import Path
from types import ModuleType

from daiw.composer.reference import ReferenceComposer
from daiw.music.score import Score
from daiw.music.styles.compose import BassStyle, ChordsStyle, ComposeStyle, MelodyStyle
from daiw.stages.compose import compose

FOLDER = Path(__file__).parent
NAMES = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]


def _by_path(path: Path) -> ModuleType:
    """A test module that is not on the path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def songs() -> dict[str, Score]:
    """Two small songs on plans made by hand, so that neither presets nor the plan stage can move them."""
    hand_made = _by_path(FOLDER.parent / "composer" / "conftest.py").hand_made
    song = hand_made("C G/B Am F", form="verse:8:0.4 chorus:8:0.8 verse:8:0.5 chorus:8:0.9", seed=7)
    waltz = hand_made("Am Dm E7 Am", key="A minor", meter="3/4", form="verse:8:0.4 chorus:8:0.7", seed=3)
    three = ComposeStyle(
        groove="waltz",
        melody=MelodyStyle(density=1.1, syncopation=0.1, form="period"),
        chords=ChordsStyle(patterns=("oom-pah",)),
        bass=BassStyle(patterns=("waltz",)),
    )
    return {"song": compose(song, ReferenceComposer(ComposeStyle(groove="pop"))), "waltz": compose(waltz, ReferenceComposer(three))}


def text_of(score: Score) -> str:
    """One line a role and bar: onset in quarters, pitch name, length, velocity."""
    bar = score.timeline.meters[0][1].bar_ticks
    lines = []
    for part in score.parts:
        if part.role == "drums":
            continue
        for index in range(score.timeline.end // bar):
            notes = [note for note in part.notes if note.start // bar == index]
            words = [
                f"{(n.start - index * bar) / 480:.3g}:{NAMES[n.pitch % 12]}{n.pitch // 12 - 1}/{n.duration / 480:.3g}v{n.velocity}"
                for n in notes
            ]
            lines.append(f"{part.role} {index} {' '.join(words)}".rstrip())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    written = 0
    for name, score in songs().items():
        written += (FOLDER / f"score_{name}.txt").write_text(text_of(score), encoding="utf-8")
    assert written > 0
    print(f"{written} characters written to {FOLDER}")
