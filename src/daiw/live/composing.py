"""The writer's mind: where the knobs stand, what was heard, and the bars that follow from both.

`bars(first, count)` gives any stretch of the endless music under the present feeling.  What is costly is remembered: a tune is composed
once for a round, mode, register and colour; the other parts follow every move of a knob.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from daiw.live.bars import LiveBar
from daiw.live.bend import Bent, bend, mode_for, moved_cues
from daiw.live.breathe import breathe, sparser, translated
from daiw.live.feeling import KNOBS, Feeling
from daiw.live.finished import arrangement_bars
from daiw.live.hearing import Heeded
from daiw.live.rounds import Round, Rounds
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan
from daiw.music.preset import Preset
from daiw.music.score import Part, Score
from daiw.planning.emotion import cues_of
from daiw.stages.compose import Composer

TUNES = ("melody", "counter")
STRUCK = ("chords", "drums")
"""What may be struck less often; held chords and the bass would leave holes."""
TEMPO_STEP = 0.03
"""The largest share by which the tempo moves from one beat to the next."""
KEPT_TUNES = 24


@dataclass(frozen=True, slots=True)
class Known:
    """What a tune was made for."""

    key: Key
    harmony: tuple[ChordSpan, ...]
    cues: Cues
    roles: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Composing:
    """One live piece.

    composer: writes parts.  plan, arrange: the pipeline's verbs in this style.  programs: send program changes.
    version: rises with everything that changes the music.  bpm: the tempo in force, which glides to what the feeling asks for.
    follows: the tempo follows arousal.
    """

    intent: Intent
    preset: Preset
    composer: Composer
    rounds: Rounds
    feeling: Feeling
    programs: bool = True
    follows: bool = True
    version: int = 0
    heeded: Heeded = field(default_factory=Heeded)
    ending: int | None = None
    _mode: str = ""
    unrefined: bool = False
    _refining: bool = False
    _tunes: dict[tuple[int, str], tuple["Known", Part]] = field(default_factory=dict)
    _made: dict[int, tuple[int, tuple[LiveBar, ...], float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._mode = self.rounds.key.mode

    # --- what changes ----------------------------------------------------------------

    def move(self, name: str, value: float) -> None:
        """Put a knob elsewhere; raises PromptError for a knob that does not exist."""
        moved = self.feeling.moved(name, value)
        if moved != self.feeling:
            self.feeling = moved
            self.changed()

    def changed(self) -> None:
        """What was made is old."""
        self.version += 1
        self._refining = False
        self._made.clear()

    def end_after(self, bar: int) -> int:
        """Let the music end: from the next four-bar line after `bar` comes the ending.  Returns its first bar."""
        found = self.rounds.at(bar)
        inside = bar - found.start
        first = found.start + min(found.bars, 4 * (inside // 4 + 1))
        self.ending = first
        self.changed()
        return first

    # --- what is played ----------------------------------------------------------------

    def bars(self, first: int, count: int, bpm: float | None = None) -> tuple[LiveBar, ...]:
        """`count` bars from 0-based bar `first`; fewer where the music ends.  bpm: the tempo in force at the first."""
        result: list[LiveBar] = []
        tempo = bpm
        for bar in range(first, first + count):
            made, target = self._bar(bar)
            if made is None:
                break
            tempo = target if tempo is None else tempo
            tempos, tempo = _glide(made, tempo, target)
            result.append(replace(made, tempos=tempos))
            if made.last:
                break
        return tuple(result)

    def _bar(self, bar: int) -> tuple[LiveBar | None, float]:
        if self.ending is not None and bar >= self.ending:
            found = self.rounds.at(max(0, self.ending - 1))
            begin, end = found.ending()
            place = begin + bar - self.ending
            if place >= end:
                return None, 0.0
        else:
            found = self.rounds.at(bar)
            place = found.first + bar - found.start
        _, made, target = self._round(found)
        ticks = found.plan.meter.bar_ticks
        chosen = made[min(place, len(made) - 1)]
        moved = chosen.moved(bar * ticks, self.version)
        last = self.ending is not None and bar >= self.ending and place == found.ending()[1] - 1
        return replace(moved, last=last, feeling=str(self.feeling)), target

    def _round(self, found: Round) -> tuple[int, tuple[LiveBar, ...], float]:
        made = self._made.get(found.number)
        if made is None or made[0] != self.version:
            bars, bpm = self._compose(found)
            made = (self.version, bars, bpm)
            self._made = {number: old for number, old in self._made.items() if number >= found.number - 1}
            self._made[found.number] = made
        return made

    def _compose(self, found: Round) -> tuple[tuple[LiveBar, ...], float]:
        """A whole round under the present feeling, in bars of its plan."""
        from daiw.stages.arrange import arrange

        plan, base = found.plan, self.intent.emotion
        self._mode = self._choose_mode(plan, base)
        bent = bend(plan, base, self.feeling, mode=self._mode, entries=self.preset.plan.entries)
        bent = self.heeded.apply(bent, found)
        parts: tuple[Part, ...] = ()
        for role in bent.notes.roles:
            if role in TUNES:
                part = self._tune(found, bent, role, parts)
            else:
                part = self.composer.write(bent.notes, role, parts)
                part = sparser(part, bent.notes, bent.strokes) if role in STRUCK else part
            parts = (*parts, part)
        parts = tuple(self.heeded.answered(part, bent, found) for part in parts)
        style = self.preset.arrange
        exposed = 2.0 * (self.feeling.vulnerability - 0.5)
        style = replace(style, humanize=min(1.0, max(0.0, style.humanize * (1.0 + 0.8 * exposed))))
        arrangement = arrange(Score(parts, bent.players.timeline), bent.players, style)
        bars = arrangement_bars(arrangement, bent.players, version=self.version, programs=self.programs)
        return bars, bent.bpm if self.follows else self.rounds.bpm

    def _choose_mode(self, plan: Plan, base: Emotion) -> str:
        """The mode that valence, and valence alone, asks for; the tonic never moves."""
        wishes = self.intent.wishes
        if wishes.key is not None or wishes.mode is not None:
            return plan.key.mode
        now = Emotion(self.feeling.valence, base.arousal, base.dominance)
        return mode_for(plan.key, tuple(self.preset.plan.modes), moved_cues(cues_of(base), base, now).brightness, self._mode)

    def _tune(self, found: Round, bent: Bent, role: str, earlier: tuple[Part, ...]) -> Part:
        """A melody or counter line of a round, with as many notes as the feeling wants.

        A tune made for other harmony or another register serves until `refine` is called: at once, translated to the mode.
        """
        plan = bent.tune
        known = Known(plan.key, plan.harmony, plan.cues, tuple(section.roles for section in plan.sections))
        place = (found.number, role)
        old = self._tunes.get(place)
        if old is None or (old[0] != known and self._refining):
            part = self.composer.write(plan, role, earlier)
            while len(self._tunes) >= KEPT_TUNES:
                del self._tunes[next(iter(self._tunes))]
            self._tunes[place] = old = (known, part)
        if old[0] != known:
            self.unrefined = True
        part = old[1] if old[0].key == plan.key else translated(old[1], old[0].key, plan.key)
        return breathe(part, plan, bent.thinning)

    def refine(self) -> None:
        """Let the tunes be sung again for where the knobs now stand."""
        self.unrefined = False
        self.changed()
        self._refining = True

    @property
    def key(self) -> Key:
        """The key in force."""
        return replace(self.rounds.key, mode=self._mode) if self._mode == self.rounds.key.mode else Key(self.rounds.key.tonic, self._mode)

    def parameters(self) -> Mapping[str, float]:
        """The knobs by name."""
        return {name: getattr(self.feeling, name) for name in KNOBS}


def _glide(bar: LiveBar, tempo: float, target: float) -> tuple[tuple[tuple[int, float], ...], float]:
    """Tempo changes of a bar on its way to `target`, a small step a beat; and the tempo at its end."""
    changes = []
    for tick in range(bar.start, bar.end, max(1, bar.beat)):
        changes.append((tick, round(tempo, 3)))
        tempo = min(tempo * (1 + TEMPO_STEP), max(tempo * (1 - TEMPO_STEP), target))
    return tuple(changes), tempo
