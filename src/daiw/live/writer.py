"""The writer: a process that composes the bars ahead of the sender, and again whenever a knob moves.

It may be slow; nothing waits for it.  Bars that are already in the sender are replaced, from the playing one on, by better ones.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from daiw.errors import DaiwError
from daiw.live.composing import Composing
from daiw.live.feeling import Feeling, from_controller
from daiw.live.hearing import Ear, Heeded
from daiw.live.messages import Crashed, Heard, Parameter, Put, Report, Told, Transport, WriterOptions
from daiw.live.rounds import Rounds
from daiw.music.chord import Chord
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import Key
from daiw.music.preset import Preset

AHEAD_BARS = 4
"""How many whole bars after the playing one lie ready in the sender."""
REST_S = 0.04
"""The least time between two rewritings, so that a stream of knob moves costs one rewriting each, not one a message."""
REFINE_S = 0.35
"""How long the knobs must rest before tunes are sung again for where they stand."""
TRAINED = "the trained network writes the chords; the parts are the reference composer's, which answers a knob within a bar"
"""Measured: the networks take 14 to 25 s for the parts of a round of 64 bars, and again for each move of a knob; its chords
0.3 to 4 s, on a busy machine, and those are planned a round ahead."""
HELD_S = 0.06
"""How long a chord must be held before it leads: fingers do not land at once."""
LOAD_S = 2.0


def run_writer(pipe: Connection, options: WriterOptions) -> None:
    """The process's main: compose until told to quit or until nobody is there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(pool, "1")
    try:
        Writer(pipe, options).run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:
        with contextlib.suppress(OSError):
            pipe.send(Crashed(f"{type(error).__name__}: {error}"))
        if not isinstance(error, DaiwError):
            raise


def check(options: WriterOptions) -> None:
    """Raise PromptError, PresetError or TheoryError for options that no writer can meet, without reading the prompt."""
    from daiw.errors import PromptError
    from daiw.files.preset import find_preset
    from daiw.studio import check_composer
    from daiw.words.hygiene import check_size

    if options.preset:
        find_preset(options.preset)
    if options.key is not None:
        Key.parse(options.key).scale  # noqa: B018 - raises for a key nobody can spell
    check_composer(options.composer)
    if options.prompt:
        check_size(options.prompt)
    if not 0 <= options.seed < 2**63:
        raise PromptError(f"the seed {options.seed} is outside 0..2^63-1; any whole number from 0 will do")
    feeling = Feeling()
    for name, value in options.parameters:
        feeling = feeling.moved(name, value)


def by_network(options: WriterOptions) -> bool:
    """Whether a network writes the progressions; live, the parts are theory's whoever is asked for."""
    return options.composer not in ("mixed", "reference")


def prepare(options: WriterOptions) -> Composing:
    """Read the prompt, choose the style, plan the first round; raises DaiwError for what cannot be met."""
    from daiw.files.preset import find_preset
    from daiw.pipeline import plan, understand
    from daiw.studio import Studio

    studio = Studio()
    chosen = find_preset(options.preset) if options.preset else None
    wishes = Wishes(
        bpm=options.bpm, key=Key.parse(options.key) if options.key is not None else None, preset=chosen.name if chosen else None
    )
    if options.prompt:
        intent = understand(options.prompt, wishes=wishes, preset=chosen, seed=options.seed, studio=studio)
        studio.forget_reader()
    else:
        intent = Intent("", Emotion(0.0, 0.0, 0.0), wishes, (), (("pop", 0.0),), options.seed)
    style: Preset = chosen or find_preset(intent.preset_ranking[0][0])
    rounds = Rounds(intent, lambda wanted: plan(wanted, style, composer=options.composer, studio=studio), ahead=by_network(options))
    feeling = Feeling(intent.emotion.valence, intent.emotion.arousal)
    for name, value in options.parameters:
        feeling = feeling.moved(name, value)
    follows = options.tempo_follows and intent.wishes.bpm is None
    return Composing(intent, style, studio.composer(style, "reference"), rounds, feeling, options.programs, follows)


class Writer:
    """Keeps the sender in music."""

    def __init__(self, pipe: Connection, options: WriterOptions, *, now: Callable[[], float] = time.monotonic) -> None:
        self.pipe, self.options, self.now = pipe, options, now
        self.music = prepare(options)
        self.report = Report(bpm=self.music.rounds.bpm)
        self.heard_at = now()
        self.sent_version = -1
        self.next_bar = 0
        self.quit = False
        self._rewritten = -1.0
        self._busy: list[tuple[float, float]] = []
        self.ear = Ear()
        self._chord: tuple[Chord | None, float] = (None, 0.0)  # what is held, and since when

    def run(self) -> None:
        """Work until told to quit."""
        self._introduce()
        self.work()
        while not self.quit:
            listening = self.ear.held or self.ear.phrase
            timeout = 0.02 if self._behind() or self.music.unrefined or listening else 0.25
            if self.pipe.poll(timeout):
                while self.pipe.poll(0):
                    self.take(self.pipe.recv())
            self.heed()
            self.work()

    def _introduce(self) -> None:
        music = self.music
        for what, value in (
            ("preset", music.preset.name), ("key", str(music.rounds.key)), ("bpm", music.rounds.bpm), ("meter", str(music.rounds.meter)),
            ("title", music.rounds.at(0).plan.title),
        ):  # fmt: skip
            self.pipe.send(Told(what, value))
        if by_network(self.options):
            self.pipe.send(Told("remark", TRAINED))
        self._tell_parameters()

    def _tell_parameters(self) -> None:
        for name, value in self.music.parameters().items():
            self.pipe.send(Told(f"parameter {name}", value))

    # --- what comes ----------------------------------------------------------------------

    def take(self, message: object) -> None:
        """One message of the session."""
        if isinstance(message, Report):
            self.report, self.heard_at = message, self.now()
            if message.jumped:
                self.next_bar = message.tick // self._bar_ticks
                self._forget_what_was_heard()
                if self.music.ending is not None and self.next_bar < self.music.ending:
                    self.music.ending = None
                    self.music.changed()
        elif isinstance(message, Parameter):
            self._move(message.name, message.value)
        elif isinstance(message, Heard):
            self._hear(message)
        elif isinstance(message, Transport):
            self._transport(message)
        elif isinstance(message, Told) and message.what.startswith("parameter ") and isinstance(message.value, float):
            self._move(message.what.removeprefix("parameter "), message.value)
        elif isinstance(message, WriterOptions):
            self._other_words(message)

    def _move(self, name: str, value: float) -> None:
        with contextlib.suppress(DaiwError):
            self.music.move(name, value)
            self.pipe.send(Told(f"parameter {name}", getattr(self.music.feeling, name)))

    def _hear(self, heard: Heard) -> None:
        if heard.source == "control":
            for _, message in heard.events:
                if moved := from_controller(message):
                    self._move(*moved)
            return
        for tick, message in heard.events:
            self.ear.hear(tick, message)

    def _forget_what_was_heard(self) -> None:
        """After a jump, ticks mean other places."""
        if self.music.heeded != Heeded():
            self.music.heeded = Heeded()
            self.music.changed()
        self.ear = Ear()

    def heed(self) -> None:
        """Act on what the ear has noticed: a chord held for a moment, a line that begins, a line that has ended."""
        music, ticks, now = self.music, self._bar_ticks, self.now()
        tick = self._tick()
        if self.options.answer in ("both", "chords"):
            chord = self.ear.chord()
            if chord != self._chord[0]:
                self._chord = (chord, now)
            beat = music.rounds.meter.beat_ticks
            if now - self._chord[1] >= HELD_S and music.heeded.lead(-(-tick // beat) * beat, chord, ticks):
                music.changed()
                self.pipe.send(Told("remark", f"following {chord}" if chord else "back to the plan at the next bar"))
        if self.options.answer in ("both", "melody"):
            if self.ear.playing and len(self.ear.phrase) >= 2 and music.heeded.silent_from is None:
                music.heeded.silent_from = tick
                music.changed()
            phrase = self.ear.finished(tick)
            if phrase:
                answer = music.heeded.answer(tick, phrase, ticks)
                music.changed()
                self.pipe.send(Told("remark", f"answering {len(phrase)} notes in bar {answer.start // ticks + 1}"))
            elif not (self.ear.phrase or self.ear.held) and music.heeded.silent_from is not None:
                music.heeded.silent_from = None
                music.changed()

    def _transport(self, message: Transport) -> None:
        if message.do == "quit":
            self.quit = True
        elif message.do == "end":
            first = self.music.end_after(self._here())
            self.pipe.send(Told("remark", f"ending from bar {first + 1}"))
        elif message.do in ("start", "locate"):
            self.next_bar = message.tick // self._bar_ticks
            if self.music.ending is not None:
                self.music.ending = None
                self.music.changed()

    def _other_words(self, options: WriterOptions) -> None:
        """Another prompt, style or key while it plays: from the next bar on; impossible ones are refused with a line."""
        try:
            fresh = prepare(options)
        except DaiwError as error:
            self.pipe.send(Told("remark", str(error)))
            self.pipe.send(Told("refused", str(error)))
            return
        if fresh.rounds.meter != self.music.rounds.meter:
            self.pipe.send(Told("remark", f"the new words would be in {fresh.rounds.meter}; the meter stays {self.music.rounds.meter}"))
            return
        self.options = options
        fresh.version = self.music.version + 1
        fresh.feeling = Feeling(
            fresh.intent.emotion.valence, fresh.intent.emotion.arousal, self.music.feeling.tension, self.music.feeling.density,
            self.music.feeling.vulnerability,
        )  # fmt: skip
        self.music = fresh
        self._introduce()

    # --- what goes ------------------------------------------------------------------------

    @property
    def _bar_ticks(self) -> int:
        return self.music.rounds.meter.bar_ticks

    def _here(self) -> int:
        """The bar that should be playing now."""
        return self._tick() // self._bar_ticks

    def _tick(self) -> int:
        """Where the music should be now."""
        passed = (self.now() - self.heard_at) * self.report.bpm * 8.0 if self.report.running else 0.0
        return int(self.report.tick + passed)

    def _behind(self) -> bool:
        """True where bars are missing or old."""
        return self.music.version != self.sent_version or self.next_bar <= self._here() + AHEAD_BARS

    def work(self) -> None:
        """Write what is missing: everything from the playing bar on where the music changed, else the next bar."""
        now = self.now()
        if self.music.unrefined and self.music.version == self.sent_version and now - self._rewritten > REFINE_S:
            self.music.refine()
        rewrite = self.music.version != self.sent_version
        if (rewrite and now - self._rewritten < REST_S) or not self._behind():
            return
        here = self._here()
        first = here if rewrite else max(self.next_bar, here)
        count = max(1, here + AHEAD_BARS + 1 - first) if rewrite or self.sent_version < 0 else 1
        began = self.now()
        bars = self.music.bars(first, count, self._tempo(first))
        self._load(began)
        if rewrite:
            self._rewritten, self.sent_version = self.now(), self.music.version
        for bar in bars:
            self.pipe.send(Put((bar,)))
        self.next_bar = first + max(1, len(bars))
        if bars:
            self._gliding = bars[-1].tempos[-1][1]
        else:
            self.next_bar = first + 1_000_000  # the music has ended; nothing more to write

    _gliding: float | None = None

    def _tempo(self, first: int) -> float | None:
        """The tempo at the start of bar `first`."""
        if not self.music.follows:
            return self.music.rounds.bpm
        begun = self.report.running and self.report.bar_start >= first * self._bar_ticks and self.report.tick > self.report.bar_start
        return self.report.bpm if begun else self._gliding

    def _load(self, began: float) -> None:
        now = self.now()
        self._busy = [(a, b) for a, b in self._busy if b > now - LOAD_S] + [(began, now)]
        self.pipe.send(Told("load", sum(b - max(a, now - LOAD_S) for a, b in self._busy) / LOAD_S))
