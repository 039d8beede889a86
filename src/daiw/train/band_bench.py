"""Bass, keys and drums on songs and drummers that were not learnt from: parts of `daiw evaluate composer`.

Drums: our arranged songs, reference and trained drummer on the same plans, against the Groove MIDI test split.  Lines: bass and keys on the
chords, form and melody of held-out POP909 songs, reference and trained, against the songs' own.
"""

import csv
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from daiw.composer.reference import ReferenceComposer
from daiw.music.intent import Wishes
from daiw.music.plan import Plan, Section
from daiw.music.preset import Preset
from daiw.music.score import Part, Score
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.band import Player
from daiw.nets.band_sheet import DRUMMER_OF_GROOVE, section_rows
from daiw.nets.transformer import Weights
from daiw.stages.arrange import arrange
from daiw.tokens.controls import phrase_cues
from daiw.tokens.grid import UNITS_PER_QUARTER
from daiw.tokens.layout import BAND, KIT
from daiw.tokens.onsets import VOICE, Onset, onsets_of, parse
from daiw.tokens.sheet import no_events
from daiw.tokens.takes import Accompaniment
from daiw.train.as_plan import notes_of, plan_of
from daiw.train.band_figures import (
    BarMatcher,
    Line,
    Strokes,
    feel_figures,
    joined,
    lateness_persists,
    line_figures,
    line_overlaps,
    measured,
    performed_strokes,
)
from daiw.train.corpus import Windows, held_out, load_windows, windows_path
from daiw.train.groove import VOICE_OF_PITCH, read_groove
from daiw.train.kneser_ney import band_baseline
from daiw.train.own_plans import DRUMS_REACH, DRUMS_SEED, own_plans

SONG_BARS = 48
TUNES_AND_PLANS = ((0.0, 0.69, 1.03, 1.20, 1.38, 1.66, 2.5), (0.0, 0.10, 0.25, 0.36, 0.51, 0.74, 1.0))
"""Notes a quarter at 95 beats a minute and the density of a section, at .1, .3, .5, .7 and .9 of the tunes of 5,639 sections of POP909's
training songs, and of the sections of our plans."""


def baselines(corpus: Path, roles: tuple[str, ...]) -> dict[str, float]:
    """Kneser-Ney of the orders that were best for one part or another, with and without the copy."""
    found = {}
    for layout, role, source, hop in ((KIT, "drums", "groove", 8), (BAND, "bass", "pop909", 24), (BAND, "keys", "pop909", 24)):
        if role not in roles:
            continue
        train, held = (load_windows(windows_path(corpus, layout.name, split)) for split in ("train", "val"))
        for order, copy in ((5, False), (3, True), (4, True), (5, True), (6, True)):
            found[f"{role}: order {order}{', copy' if copy else ''}"] = band_baseline(
                train, held, layout, role, source, order, hop, copy=copy
            )
            print(role, order, copy, round(found[f"{role}: order {order}{', copy' if copy else ''}"], 2), flush=True)
    return found


def drummed_plans(count: int, bars: int) -> list[tuple[Plan, Preset]]:
    """`count` plans of each style that a drummer at a kit plays."""
    made = own_plans(count, Wishes(bars=bars), seed=DRUMS_SEED, reach=DRUMS_REACH)
    return [
        (plan, preset)
        for plan, preset in made
        if preset.compose.groove in DRUMMER_OF_GROOVE and str(plan.meter) == "4/4" and "drums" in plan.roles
    ]


def recorded(folder: Path, split: str) -> list[Strokes]:
    """The grooves of four bars or more of a split of the Groove MIDI Dataset, as they were played."""
    import symusic

    found = []
    for row in csv.DictReader((folder / "info.csv").open(newline="")):
        if row["split"] != split or row["time_signature"] != "4-4" or row["beat_type"] == "fill":
            continue
        score: Any = symusic.Score(str(folder / row["midi_filename"]))
        notes = [note for track in score.tracks for note in track.notes if note.pitch in VOICE_OF_PITCH]
        places = np.array([note.time for note in notes]) / score.ticks_per_quarter * UNITS_PER_QUARTER
        bars = int(places.max() // (4 * UNITS_PER_QUARTER)) + 1 if len(notes) else 0
        if bars >= 4:
            voices = [VOICE[VOICE_OF_PITCH[note.pitch]] for note in notes]
            found.append(measured(places, voices, [note.velocity for note in notes], float(row["bpm"]), bars))
    return found


def _feel(ours: list[Strokes], truth: Strokes) -> dict[str, float]:
    """All figures of some performances' feel."""
    return feel_figures(joined(ours), truth) | {"lateness persists": lateness_persists(ours)}


def drums(weights: Weights, data: Path, count: int) -> dict[str, dict[str, float]]:
    """Feel of the reference's humanised drums and of the trained drummer's, both after `arrange`, against held-out drummers."""
    real, others = recorded(data / "groove", "test"), recorded(data / "groove", "validation")
    truth = joined(real)
    result = {"other held-out drummers (validation split)": _feel(others, truth), "real": _feel(real, truth)}
    made: dict[str, list[Strokes]] = {"reference": [], "trained": []}
    bars: dict[str, list[list[list[Onset]]]] = {"trained": [], "reference": []}
    seconds = 0.0
    for outline, preset in drummed_plans(count, 32):
        reference = ReferenceComposer(preset.compose)
        parts: tuple[Part, ...] = ()
        for role in ("melody", "chords", "bass"):
            if role in outline.roles:
                parts = (*parts, reference.write(outline, role, parts))
        plain = reference.write(outline, "drums", parts)
        began = process_time()
        player = Player(weights, preset.compose, outline, "drums", parts, lambda plain=plain: plain)  # type: ignore[misc]
        trained = player.part()
        seconds += process_time() - began
        bpm = outline.timeline.tempos.bpm(0)
        for name, part in (("reference", plain), ("trained", trained)):
            performance = arrange(Score((part,), outline.timeline), outline, preset.arrange)
            made[name].append(performed_strokes(performance, bpm, outline.bars))
        bars["trained"] += [parse([token for bar in passage.bars for token in bar]) for passage in player.passages]
        bars["reference"] += [onsets_of("drums", passage.model, no_events(), passage.section.bars, 48) for passage in player.passages]
        print(".", end="", flush=True)
    print()
    takes = read_groove(data / "groove")
    matcher = BarMatcher((onsets_of("drums", take.strokes, no_events(), take.bars, 48) for take in takes["train"]), "drums")
    songs = bars | {"real": [onsets_of("drums", take.strokes, no_events(), take.bars, 48) for take in takes["test"] if take.bars >= 8]}
    for name, performances in made.items():
        result[name] = _feel(performances, truth)
    for name, some in songs.items():
        longest = [matcher.longest(song) for song in some]
        result[name] |= {
            "longest run of training bars, median": float(np.median(longest)),
            "most": float(max(longest)),
            "n": float(len(some)),
        }
    result["trained"]["CPU seconds a 32-bar song"] = seconds / max(1, len(made["trained"]))
    return result


def streams_of(windows: Windows, role: str) -> list[list[list[Onset]]]:
    """The bars of every window of a role."""
    chosen = [i for i, name in enumerate(windows.names) if name.startswith(role)]
    return [parse(windows.targets[int(windows.starts[i]) : int(windows.starts[i + 1])].tolist()) for i in chosen]


def real_songs(data: Path, count: int) -> list[Accompaniment]:
    """Held-out POP909 songs in 4/4 with known form first, whole."""
    from daiw.train.accompaniment import accompaniment, split_hands
    from daiw.train.pop909 import read_song, usable_rows

    folder = data / "pop909"
    rows = [row for row in usable_rows(folder) if held_out(f"pop909/{row['id']}.0") and row["time_sig"] == "4/4"]
    songs = [
        accompaniment(sheet, "pop909", *split_hands(piano))
        for row in rows
        for sheet, piano in read_song(folder, row)
        if sheet.bars >= 24 and len(piano) > 64
    ]
    songs.sort(key=lambda song: (not song.sheet.sections, song.sheet.name))
    return songs[:count]


def full_plan(song: Accompaniment, seed: int) -> Plan:
    """The song's own plan, with chords and bass playing wherever its piano does.

    `plan_of` asks a melody's writer for no density at all in half of the sections.  Here a section is as dense among sections of ours
    as its tune is among tunes of the training songs; where there is no tune it is middling.
    """
    made = plan_of(song.sheet, seed, ComposeStyle().melody.density)
    units = song.sheet.bar_units
    sections = []
    for section in made.sections:
        roles = list(section.roles)
        for role in ("keys", "bass"):
            bars = song.played(role)[:, 0] // units
            if ((bars >= section.start_bar) & (bars < section.start_bar + section.bars)).sum() >= 2:
                roles.append("chords" if role == "keys" else "bass")
        sections.append(replace(section, roles=tuple(roles), density=_asked_density(song, section)))
    return replace(made, sections=tuple(sections), roles=("melody", "chords", "bass"))


def _asked_density(song: Accompaniment, section: Section) -> float:
    """The density that a plan of ours would have for such a section."""
    found = phrase_cues(song.sheet, section.start_bar, section.start_bar + section.bars)["density"]
    at_usual_tempo = found * (song.sheet.bpm / 95.0) ** 0.45
    return float(np.interp(at_usual_tempo, *TUNES_AND_PLANS)) if found else TUNES_AND_PLANS[1][3]


def lines(weights: Weights, data: Path, corpus: Path, count: int) -> dict[str, dict[str, object]]:
    """Bass and keys of the reference and of the trained players on real songs' plans, against the songs' own; runs of bars in training."""
    training = load_windows(windows_path(corpus, "band", "train"))
    matchers = {role: BarMatcher(streams_of(training, role), role) for role in ("keys", "bass")}
    runs: dict[str, list[int]] = {}
    style = ComposeStyle("ballad")
    made: dict[str, dict[str, list[Line]]] = {role: {"real": [], "reference": [], "trained": []} for role in ("keys", "bass")}
    seconds, bars_played = 0.0, 0
    for seed, song in enumerate(real_songs(data, count)):
        outline = full_plan(song, seed)
        end = min(outline.bars, SONG_BARS)
        tune = Part("melody", notes_of(song.sheet))
        reference = ReferenceComposer(style)
        earlier: dict[str, tuple[Part, ...]] = {"reference": (tune,), "trained": (tune,)}
        for token_role, role in (("keys", "chords"), ("bass", "bass")):
            plain = reference.write(outline, role, earlier["reference"])
            spare = reference.write(outline, role, earlier["trained"])
            began = process_time()
            player = Player(weights, style, outline, role, earlier["trained"], lambda spare=spare: spare)  # type: ignore[misc]
            trained = player.part()
            seconds, bars_played = seconds + process_time() - began, bars_played + outline.bars
            for name, part in (("reference", plain), ("trained", trained)):
                whole = replace(outline.sections[0], start_bar=0, bars=end)
                made[token_role][name].append(
                    Line(section_rows(part.notes, outline, whole, 0, 0.0), song.sheet.chords, end, song.sheet.bar_units)
                )
                earlier[name] = (*earlier[name], part)
            runs.setdefault(f"{token_role} trained", []).extend(
                matchers[token_role].longest(parse([token for bar in passage.bars for token in bar])) for passage in player.passages
            )
            own = song.played(token_role)
            said = onsets_of(token_role, own, song.sheet.chords, song.sheet.bars, song.sheet.bar_units)
            runs.setdefault(f"{token_role} real", []).extend(
                matchers[token_role].longest(said[section.start_bar : section.start_bar + section.bars]) for section in outline.sections
            )
            made[token_role]["real"].append(Line(own[own[:, 0] < end * song.sheet.bar_units], song.sheet.chords, end, song.sheet.bar_units))
        print(".", end="", flush=True)
    print()
    result: dict[str, dict[str, object]] = {}
    for role, sets in made.items():
        for name, some in sets.items():
            result[f"{role} {name}"] = {**line_figures(some), **line_overlaps(some, sets["real"]), "n": len(some)}
    result["longest run of different bars that is in training, a section"] = {
        name: {"median": float(np.median(values)), "most": max(values), "n": len(values)} for name, values in runs.items()
    }
    result["speed"] = {"CPU seconds a bar of bass or keys": seconds / max(1, bars_played)}
    return result
