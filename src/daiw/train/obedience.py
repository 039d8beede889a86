"""Does the trained melody do what it is told?  The part "obedience" of `daiw evaluate composer`.

Windows: controls at random over real chords, references off, so that nothing gives the answer away.  Songs: feelings at random through the
whole hierarchy, where the planner chooses mode and tempo and the harmony network the chords, as in the product.
"""

from dataclasses import replace

import numpy as np
from scipy.stats import spearmanr

from daiw.composer.reference import ReferenceComposer
from daiw.music.intent import Wishes
from daiw.music.pitch import Key
from daiw.music.plan import Plan
from daiw.music.score import Note
from daiw.nets.composer import NeuralComposer
from daiw.nets.composer_sheet import meter_name, section_chords, shift_of, wanted_density
from daiw.nets.lead_rules import Window
from daiw.nets.pace import paces
from daiw.nets.picking import Chance
from daiw.nets.sampler import draw
from daiw.nets.stretch import note_events
from daiw.nets.transformer import Weights
from daiw.pipeline import plan
from daiw.tokens.codec import decode, window_chords
from daiw.tokens.controls import COLUMN, controls, feelings, phrase_cues
from daiw.tokens.grid import METER_UNITS
from daiw.tokens.sheet import Sheet
from daiw.tokens.vocab import bar_token
from daiw.train.corpus import held_out
from daiw.train.own_plans import FEELINGS_SEED, LEAD_REACH, own_intents

WINDOW_BARS, WINDOW_PHRASES = 8, ((0, 4), (4, 8))
SONG_BARS = 16
FEWEST_NOTES = 4


def in_windows(weights: Weights, sheets: list[Sheet], count: int, chance: Chance, seed: int = 3) -> dict[str, float]:
    """Spearman's rho of requested and measured, over eight-bar windows of real chords with random felt controls and no references."""
    rng = np.random.default_rng(seed)
    asked: dict[str, list[float]] = {name: [] for name in ("density", "register", "leap", "offbeat", "valence", "arousal")}
    got: dict[str, list[float]] = {name: [] for name in asked}
    pool = [sheet for sheet in sheets if sheet.style == "pop909" and held_out(sheet.name) and sheet.meter == "4/4" and sheet.bars >= 24]
    for _ in range(count):
        sheet = pool[int(rng.integers(len(pool)))]
        first = int(rng.integers(0, sheet.bars - WINDOW_BARS - 1))
        told = np.repeat(controls(sheet)[first : first + 1], weights.shape.window_bars, axis=0).astype(np.int64)
        wish = {
            "density": int(rng.integers(2, 10)),
            "register": int(rng.integers(1, 9)),
            "leap": int(rng.integers(1, 6)),
            "offbeat": int(rng.integers(1, 6)),
        }
        wish |= {"valence": int(rng.integers(1, 10)), "arousal": int(rng.integers(1, 10))}
        for name, value in wish.items():
            told[:, COLUMN[name]] = value
        told[:, COLUMN["dominance"]] = 0
        heads = {bar: bar_token(0, 0) for bar in range(WINDOW_BARS)}
        kept = paces(told, WINDOW_PHRASES)
        chords = window_chords(sheet.chords, first, WINDOW_BARS, sheet.bar_units)
        window = Window(WINDOW_BARS, sheet.bar_units, chords, told, head=heads, paces=kept)
        for line in draw(weights, window, chance, rng):
            notes = decode([token for token in line.tokens], "melody", sheet.bar_units)
            if len(notes) < FEWEST_NOTES:
                continue
            inside = chords[chords[:, 0] < WINDOW_BARS * sheet.bar_units]
            written = Sheet("drawn", "pop909", "4/4", WINDOW_BARS, notes, inside, bpm=sheet.bpm, minor=sheet.minor)
            cues = phrase_cues(written, 0, WINDOW_BARS)
            valence, arousal, _ = feelings(cues)
            for name in asked:
                asked[name].append(float(wish[name]))
                got[name].append(valence if name == "valence" else arousal if name == "arousal" else cues[name])
    result = {name: float(spearmanr(asked[name], got[name], nan_policy="omit").statistic) for name in asked}
    return result | {"n": float(len(asked["density"]))}


HELD = (Key.parse("C major"), Key.parse("A minor"))
HELD_BPM = 100.0
NAMES = ("valence", "arousal", "density", "register")


def through_the_plan(weights: Weights, count: int, only: str = "", *, held: Key | None = None) -> dict[str, float]:
    """Spearman's rho of feelings asked and expressed over `count` songs of every style, or of one.

    Valence, arousal: by the additive model from the song's chords, tempo and melody.  Density, register: the melody's notes a quarter and
    mean pitch against what the plan asks for.  held: the key of all, tempo held, too, so that chords and notes alone can follow.
    """
    asked: list[tuple[float, ...]] = []
    got: list[tuple[float, ...]] = []
    wishes = Wishes(bars=SONG_BARS) if held is None else Wishes(bars=SONG_BARS, key=held, bpm=HELD_BPM)
    for intent, preset in own_intents(count, wishes, seed=FEELINGS_SEED, reach=LEAD_REACH, only=only):
        made, own = plan(intent, preset, composer="neural"), preset.compose
        if "melody" not in made.roles:
            continue
        notes = NeuralComposer(weights, own, ReferenceComposer(own)).write(made, "melody", ()).notes
        if len(notes) < FEWEST_NOTES:
            continue
        cues = phrase_cues(sheet_of(made, notes), 0, made.bars)
        singing = [section for section in made.sections if "melody" in section.roles]
        densities = [wanted_density(made, section, own.melody) for section in singing]
        density = np.average(densities, weights=[section.bars for section in singing])
        asked.append((intent.emotion.valence, intent.emotion.arousal, float(density), made.cues.register))
        got.append((*feelings(cues)[:2], cues["density"], float(np.mean([note.pitch for note in notes]))))
    columns = zip(NAMES, np.array(asked).T, np.array(got).T, strict=True)
    return {name: float(spearmanr(wanted, heard).statistic) for name, wanted, heard in columns} | {"n": float(len(got))}


def with_keys_held(weights: Weights, count: int, only: str = "") -> dict[str, float]:
    """`through_the_plan` with the key held, once in major and once in minor: means of both, and n of both together."""
    both = [through_the_plan(weights, count, only, held=key) for key in HELD]
    return {name: float(np.mean([one[name] for one in both])) for name in NAMES} | {"n": sum(one["n"] for one in both)}


def sheet_of(made: Plan, notes: tuple[Note, ...]) -> Sheet:
    """A song's chords and melody as the corpus would have them."""
    meter = meter_name(made.meter) or "4/4"
    shift = shift_of(made.key, float(np.mean([note.pitch for note in notes])))
    whole = replace(made.sections[0], start_bar=0, bars=made.bars)
    chords = section_chords(made, whole, meter, shift)
    chords = chords[chords[:, 0] < made.bars * METER_UNITS[meter]]
    bpm, minor = made.timeline.tempos.bpm(0), made.key.minor_third
    return Sheet("own", "pop909", meter, made.bars, note_events(notes, 0, made.timeline.end, shift), chords, bpm=bpm, minor=minor)
