"""Requests of the bridge as songs: the pipeline's stages, and one section made again among the others."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daiw.clock import Clock
from daiw.errors import PromptError
from daiw.files.midi import midi_bytes
from daiw.files.preset import find_preset, load_preset
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import Key
from daiw.music.plan import Plan
from daiw.music.preset import Preset
from daiw.music.score import Arrangement, Note, Part, Score
from daiw.music.time import Meter

if TYPE_CHECKING:
    from daiw.song import Song

Made = tuple[dict[str, Any], bytes, bytes, str]
"""Summary, MIDI file, result document, folder."""
Take = tuple[Intent, Preset, Plan, Score, str, str]
"""What regenerate starts from; the last are the composer and the song's folder, empty where no sound was made."""
KEPT_TAKES = 32


class Maker:
    """Does jobs.  watch: told (stage, share)."""

    def __init__(self, watch: Callable[[str, float], None] = lambda stage, share: None) -> None:
        from daiw.studio import Studio

        self.watch, self.studio = watch, Studio()
        self._takes: dict[int, Take] = {}
        self._count = 0

    def warm(self) -> None:
        """Load what the first job would wait for."""
        from daiw import pipeline

        pipeline.plan(pipeline.understand("a slow song", studio=self.studio), find_preset("pop"))

    def run(self, kind: str, request: dict[str, Any]) -> Made:
        """Do one job; raises DaiwError for requests that cannot be met."""
        if kind == "regenerate":
            return self._regenerate(request)
        intent, preset, plan = self._planned(request)
        if kind == "plan":
            document = json.dumps(plan_facts(plan), ensure_ascii=False).encode()
            return facts(plan, preset) | {"plan": plan_facts(plan)}, b"", document, ""
        if request.get("sound"):
            return self._song(request, intent, preset)
        composer = _composer(request)
        return self._played(intent, preset, plan, self._score(plan, preset, composer), composer)

    def _planned(self, request: dict[str, Any]) -> tuple[Intent, Preset, Plan]:
        from daiw import pipeline

        self.watch("understand", 0.0)
        chosen = find_preset(request["preset"]) if request.get("preset") else None
        wishes = Wishes(
            bpm=request.get("bpm"), key=Key.parse(request["key"]) if request.get("key") else None,
            meter=Meter.parse(request["meter"]) if request.get("meter") else None,
            bars=int(request["bars"]) if "bars" in request else None, minutes=request.get("minutes"),
            preset=chosen.name if chosen else None,
        )  # fmt: skip
        if wishes.bars is not None and wishes.minutes is not None:
            raise PromptError("bars and minutes exclude each other; give one")
        intent = pipeline.understand(request["prompt"], wishes=wishes, preset=chosen, seed=int(request.get("seed", 0)), studio=self.studio)
        preset = chosen or load_preset(self.studio.preset_files[intent.preset_ranking[0][0]])
        self.watch("plan", 0.2)
        return intent, preset, pipeline.plan(intent, preset, composer=_composer(request), studio=self.studio)

    def _score(self, plan: Plan, preset: Preset, composer: str) -> Score:
        from daiw import pipeline

        self.watch("compose", 0.3)
        return pipeline.compose(plan, preset, composer=composer, studio=self.studio)

    def _played(self, intent: Intent, preset: Preset, plan: Plan, score: Score, composer: str) -> Made:
        from daiw import pipeline

        self.watch("arrange", 0.8)
        arrangement = pipeline.arrange(score, plan, preset)
        document = {"schema": "daiw-result-1", **facts(plan, preset), "plan": plan_facts(plan), "tracks": tracks_of(arrangement)}
        summary = facts(plan, preset) | {"tracks": len(arrangement.tracks), "notes": sum(len(track.notes) for track in arrangement.tracks)}
        self._remember(summary, (intent, preset, plan, score, composer, ""))
        return summary, midi_bytes(arrangement, title=plan.title), json.dumps(document, ensure_ascii=False).encode(), ""

    def _remember(self, summary: dict[str, Any], take: Take) -> None:
        """Keep what regenerate needs, under a number that travels in the summary."""
        self._count += 1
        self._takes[self._count] = take
        summary["take"] = self._count
        while len(self._takes) > KEPT_TAKES:
            del self._takes[next(iter(self._takes))]

    def _song(self, request: dict[str, Any], intent: Intent, preset: Preset) -> Made:
        from daiw import pipeline

        stages = ("plan", "compose", "arrange", "render", "mix", "master")
        clock = Clock(lambda stage: self.watch(stage, 0.2 + 0.75 * stages.index(stage) / len(stages)))
        song = pipeline.from_intent(intent, preset, composer=_composer(request), studio=self.studio, clock=clock)
        return self._saved(song)

    def _saved(self, song: "Song") -> Made:
        """A song with sound, in a folder of its own under songs/."""
        from daiw.files.folder import free_name

        self.watch("write", 0.95)
        folder = str(song.save(free_name(Path("songs") / "osc")).resolve())
        document = {"schema": "daiw-result-1", **facts(song.plan, song.preset), "plan": plan_facts(song.plan)}
        document["tracks"] = tracks_of(song.arrangement)
        notes = sum(len(track.notes) for track in song.arrangement.tracks)
        summary = facts(song.plan, song.preset) | {"tracks": len(song.arrangement.tracks), "notes": notes, "folder": folder}
        self._remember(summary, (song.intent, song.preset, song.plan, song.score, song.composer, folder))
        return summary, (Path(folder) / "song.mid").read_bytes(), json.dumps(document, ensure_ascii=False).encode(), folder

    def _regenerate(self, request: dict[str, Any]) -> Made:
        """One section, or all of a name, with another seed; every other note of the score stays as it is."""
        kept = self._takes.get(int(request.get("take", 0)))
        if kept is None:
            raise PromptError("that job is too old to be changed; generate it again")
        intent, preset, plan, score, composer, folder = kept
        chosen = sections_called(plan, str(request["section"]))
        if folder:  # with sound: an edit of the song, which keeps every other stem, too
            import daiw

            first, last = chosen[0].start_bar + 1, chosen[0].start_bar + chosen[0].bars
            place = {"bars": f"{first}-{last}"} if str(request["section"]).isdecimal() else {"section": str(request["section"])}
            return self._saved(daiw.open(folder).remake(**place, seed=int(request["seed"])))
        fresh = self._score(replace(plan, seed=int(request["seed"]) % 2**63), preset, composer)
        ticks = plan.meter.bar_ticks
        spans = [(section.start_bar * ticks, (section.start_bar + section.bars) * ticks) for section in chosen]

        def inside(note: Note) -> bool:
            return any(start <= note.start < end for start, end in spans)

        parts = []
        for part in score.parts:
            new = fresh.part(part.role)
            notes = [note for note in part.notes if not inside(note)] + [note for note in new.notes if inside(note)]
            parts.append(Part(part.role, tuple(sorted(notes))))
        return self._played(intent, preset, plan, Score(tuple(parts), score.timeline, score.decisions), composer)


def sections_called(plan: Plan, name: str) -> list[Any]:
    """The sections of a name, or the one with a 1-based number and its returns; raises PromptError."""
    if name.isdecimal() and 1 <= int(name) <= len(plan.sections):
        return [plan.sections[int(name) - 1]]
    found = [section for section in plan.sections if section.name == name]
    if not found:
        names = ", ".join(dict.fromkeys(section.name for section in plan.sections))
        raise PromptError(f"the song has no section {name!r}; sections are {names}, or 1..{len(plan.sections)}")
    return found


def _composer(request: dict[str, Any]) -> str:
    from daiw.studio import DEFAULT_COMPOSER

    return str(request.get("composer") or DEFAULT_COMPOSER)


def facts(plan: Plan, preset: Preset) -> dict[str, Any]:
    """What a person asks first."""
    return {
        "title": plan.title, "preset": preset.name, "key": str(plan.key), "meter": str(plan.meter),
        "bpm": round(plan.timeline.tempos.bpm(0), 3), "bars": plan.bars, "seed": plan.seed,
        "sections": [f"{section.name} {section.bars}" for section in plan.sections],
    }  # fmt: skip


def plan_facts(plan: Plan) -> dict[str, Any]:
    """Form and harmony.  Ticks are 480 a quarter."""
    return {
        "arc": plan.arc,
        "sections": [
            {"name": s.name, "letter": s.letter, "start_bar": s.start_bar, "bars": s.bars, "energy": s.energy, "roles": list(s.roles)}
            for s in plan.sections
        ],
        "chords": [[span.start, span.duration, str(span.chord), span.numeral] for span in plan.harmony],
    }


def tracks_of(arrangement: Arrangement) -> list[dict[str, Any]]:
    """Every track's notes as [start_ticks, duration_ticks, pitch, velocity]."""
    return [
        {
            "role": track.role, "program": track.program, "drums": track.drums,
            "notes": [[note.start, note.duration, note.pitch, note.velocity] for note in track.notes],
        }
        for track in arrangement.tracks
    ]  # fmt: skip
