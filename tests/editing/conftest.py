import pytest

from daiw.files.preset import find_preset
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.take import Take
from daiw.pipeline import arrange, compose, plan


def written(preset: str = "house", bars: int = 24, seed: int = 3, **wishes: object) -> Take:
    """A song without its sound, as the reference composer writes it."""
    intent = Intent("we danced", Emotion(0.5, 0.5), Wishes(bars=bars, **wishes), seed=seed)
    style = find_preset(preset)
    outline = plan(intent, style, composer="reference")
    score = compose(outline, style, composer="reference")
    return Take(intent=intent, preset=style, plan=outline, score=score, arrangement=arrange(score, outline, style))


@pytest.fixture(scope="session")
def take() -> Take:
    """24 bars of house: six parts, three sections."""
    return written()


@pytest.fixture(scope="session")
def band_take() -> Take:
    """16 bars of funk, whose drums a drummer plays."""
    return written("funk", 16)


@pytest.fixture(scope="session")
def pop_take() -> Take:
    """16 bars of pop, whose drums, bass and chords are played as players play whom the networks have learnt from."""
    return written("pop", 16)


@pytest.fixture(scope="session")
def long_take() -> Take:
    """64 bars with returning sections."""
    return written("bedroom-pop" if "bedroom-pop" in _presets() else "lofi", 64, 5)


def _presets() -> tuple[str, ...]:
    from daiw.files.preset import preset_paths

    return tuple(preset_paths())
