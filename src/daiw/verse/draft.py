"""A draft of words out of a person's own sentences, when it is asked for.

Their clauses come back verbatim, one in each verse and one as the hook of the chorus (the "mirror"); of an interview's answers, the longing
is the hook, what makes it hard to say is kept for the bridge, and the things that lines are built around come from what happened.
The lines between are sentences of ours with a place for something they named ("my grandmother's kitchen") and an ending that rhymes; which
ending, and whose words, is chosen by rhyme, by the length and stress that the tempo asks for, and by how near the ending is to what they
said.  Arcs choose the rhyme scheme.  All sentences and endings are original; every line says whose words it holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from daiw.errors import PromptError
from daiw.music.decision import Decision
from daiw.music.interview import ASKED
from daiw.music.lyrics import LyricLine, Lyrics, LyricSection, LyricWord, SungSyllable
from daiw.music.time import TICKS_PER_QUARTER, Meter
from daiw.verse.mirror import DETERMINERS, STOPS, clauses_of, is_question, named_in
from daiw.verse.placing import Ground, place
from daiw.verse.sections import EASY_SYLLABLES_PER_S, line_bars
from daiw.verse.syllables import Pronounce, syllables_of

Nearness = Callable[[str, Sequence[str]], tuple[float, ...]]
"""How near each text is to the first in meaning, -1..1."""

SCHEMES = {
    "climb-to-climax": "ABAB", "slow-reveal": "ABCB", "repetitive-despair": "AAAA", "static-reflection": "ABBA", "sudden-shift": "AABB",
    "descent": "ABCB", "rise-and-fall": "ABAB", "spiral": "AABA",
}  # fmt: skip
"""Arc -> rhyme scheme of the verses; the fewer rhymes, the less it wants to be sung along."""

FRAMES = (
    "I can still hear {np} {end}", "I was looking for {np} {end}", "and I carry {np} {end}", "nobody asks about {np} {end}",
    "I keep coming back to {np} {end}", "all I have is {np} {end}", "let me remember {np} {end}", "I would wait for {np} {end}",
    "I will sing of {np} {end}", "I said the name of {np} {end}", "only {np} {end}", "I would give it all for {np} {end}",
    "we are never without {np} {end}", "give me {np} {end}", "nothing is left but {np} {end}",
)  # fmt: skip
"""Sentences around something the person named."""

CLAUSE_FRAMES = (
    "because {np} {end}", "and I say {np} {end}", "I know {np} {end}", "say it again: {np} {end}", "even if {np} {end}",
    "you can hear that {np} {end}",
)  # fmt: skip
"""Sentences around a whole clause, where nothing was named."""

ASKING_FRAMES = ("and I say {np} {end}", "say it again: {np} {end}", "I keep asking {np} {end}")
"""Sentences around a question."""

ENDS = (
    "in the morning light", "through the night", "out of sight", "burning bright", "in the falling rain", "on the morning train",
    "once again", "in the window pane", "on my own", "carved in stone", "by the door", "like before",
    "anymore", "on the floor", "to the shore", "in my hand", "in the sand", "over land", "on the stair", "in the air", "over there",
    "everywhere", "like a prayer", "down the line", "one last time", "in my mind", "left behind", "going blind", "in the blue",
    "just for you", "passing through", "coming true", "to the sea", "next to me", "running free", "like a melody", "in the snow",
    "long ago", "soft and low", "letting go", "down below", "in the sun", "one by one", "come undone", "on the run", "in the dark",
    "like a spark", "across the park", "in the ground", "without a sound", "all around", "lost and found", "every day", "far away",
    "in the grey", "anyway", "in the end", "round the bend", "like a friend", "we could not mend", "in the cold", 
    "growing old", "in the street", "like a heartbeat", "in my chest", "with the rest", "heading west",
    "in the deep", "in my sleep",  "in the fire", "on the wire", "ever higher", "in my heart", "from the start",
    "torn apart", "in my head", "left unsaid", "on the bed", "as you said", "in the glass", "through the grass", "as they pass",
    "in my name", "just the same", "like a flame", "in the room", "in full bloom", "in the gloom",
    "in the breeze", "on my knees", "through the trees", "in the tide", "by my side", "deep inside", "open wide", "after all",
    "in the hall", "on the wall", "when I fall", "in the fall", "for a while", "mile by mile", "with a smile", "on the road",
    "in the year we knew", "under water", "in the summer", "in the city", "in the kitchen", "in September",
    "I remember", "to the river", "and forever", "here together",
)  # fmt: skip
"""How a line may close."""

LONGEST, SHORTEST = 13, 3
"""Syllables of a mirrored line."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a draft is made for.  rounds: verses, each with a chorus after it.  bridge: whether one comes before the last chorus."""

    arc: str
    meter: Meter
    bpm: float
    seed: int
    rounds: int = 2
    bridge: bool = True


@dataclass(frozen=True, slots=True)
class _Line:
    """A candidate.  words: the person's own, verbatim, that it holds.  rhyme: of its end.  cost: of its length and stresses."""

    text: str
    words: str
    rhyme: tuple[str, ...]
    cost: float
    end: str = ""
    frame: str = ""


@dataclass
class _Desk:
    """What is at hand while a draft is written, and what was used.  source: the person's words -> what they answer."""

    job: Job
    pronounce: Pronounce
    near: dict[str, float]
    rng: np.random.Generator
    used: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    known: dict[str, tuple[SungSyllable, ...]] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)

    def syllables(self, text: str) -> tuple[SungSyllable, ...]:
        if text not in self.known:
            words = tuple(LyricWord(word) for word in text.split())
            self.known[text] = syllables_of(LyricLine(text, words), self.pronounce)[1]
        return self.known[text]


def draft(told: Sequence[tuple[str, str]], job: Job, pronounce: Pronounce, nearness: Nearness) -> tuple[Lyrics, tuple[Decision, ...]]:
    """Lyrics of origin "draft", and for every line the decision that made it.  The same arguments give the same draft.

    told: (what was asked, the answer), as `Interview.told`; a sentence that nobody asked for answers "".
    Raises PromptError where nothing was said that could be sung.
    """
    near: dict[str, float] = {}
    desk = _Desk(job, pronounce, near, np.random.default_rng([job.seed % 2**63, 0x11E5]))
    clauses: list[str] = []
    for asked, answer in told:
        said = clauses_of(answer)
        clauses += said
        for words in (*said, *named_in(said), *(line for clause in said for line in _cut(clause, desk))):
            desk.source.setdefault(words, asked)
    story = [words for words in clauses if desk.source[words] not in (ASKED["mood"], ASKED["transformation"])]
    named = named_in(story) or named_in(clauses)
    mirrors = [line for clause in clauses for line in _cut(clause, desk)]
    if not mirrors:
        raise PromptError(
            "the prompt holds only directions and nothing that could be sung; say in a sentence what happened, or give --lyrics"
        )
    near |= dict(zip(ENDS, nearness(". ".join(clauses), ENDS), strict=True))
    longed = [text for text in mirrors if desk.source[text] == ASKED["longing"]]
    hook = min(longed or mirrors, key=lambda text: (abs(len(desk.syllables(text)) - 6), mirrors.index(text)))
    others = [text for text in mirrors if text != hook] or [hook]
    held = [text for text in others if desk.source[text] == ASKED["resistance"]]
    last = (held or others)[-1]
    if held and job.bridge:
        others = [text for text in others if text not in held] or others
    chorus = _chorus(hook, named or [hook], desk)
    sections: list[LyricSection] = []
    for index in range(job.rounds):
        verse = _verse(others[index % len(others)], named or [hook], SCHEMES[job.arc], desk)
        sections.append(LyricSection(f"Verse {index + 1}", "verse", verse))
        if job.bridge and index == job.rounds - 1 and index:
            sections.append(LyricSection("Chorus", "chorus"))
            sections.append(LyricSection("Bridge", "bridge", _bridge(last, named or [hook], desk)))
        sections.append(LyricSection("Chorus", "chorus", chorus if index == 0 else ()))
    scheme = Decision(
        "understand", "rhyme scheme", SCHEMES[job.arc], f"The {job.arc} arc asks for it; the chorus goes round its hook.", hook, 0.7
    )
    return Lyrics(tuple(sections), "draft"), (scheme, *desk.decisions)


def _cut(clause: str, desk: _Desk) -> list[str]:
    """A clause as one line, or cut between words into lines that can be sung."""
    count = len(desk.syllables(clause))
    if count <= LONGEST:
        return [clause] if count >= SHORTEST else []
    words = clause.split()
    places = [i for i in range(2, len(words) - 1) if words[i].casefold() in STOPS or words[i - 1].endswith(",")] or [len(words) // 2]
    middle = min(places, key=lambda i: abs(len(desk.syllables(" ".join(words[:i]))) - count / 2))
    return [*_cut(" ".join(words[:middle]), desk), *_cut(" ".join(words[middle:]), desk)]


def rhyme_of(syllables: Sequence[SungSyllable]) -> tuple[str, ...]:
    """What has to sound alike: everything from the last stressed vowel on, stress digits aside."""
    last = max((i for i, syllable in enumerate(syllables) if syllable.stress), default=len(syllables) - 1)
    sounds = [phoneme.rstrip("012") for syllable in syllables[last:] for phoneme in syllable.phonemes]
    vowel = next((i for i, phoneme in enumerate(syllables[last].phonemes) if phoneme[-1].isdigit()), 0)
    return tuple(sounds[vowel:])


def _measured(text: str, desk: _Desk) -> float:
    """Cost of a line's stresses against the meter's."""
    job, syllables = desk.job, desk.syllables(text)
    bars = line_bars(len(syllables), job.meter, job.bpm)
    start = job.meter.bar_ticks
    ground = Ground(start, start + bars * job.meter.bar_ticks, job.meter, job.bpm, pickup=3 * TICKS_PER_QUARTER // 4)
    return 1.5 * place(syllables, ground).cost


def _wanted(job: Job) -> float:
    """Syllables of a line that the tempo makes easy."""
    bar_s = job.meter.bar_ticks / TICKS_PER_QUARTER * 60.0 / job.bpm
    return max(6.0, min(10.0, (1 if bar_s > 3.2 else 2) * bar_s * EASY_SYLLABLES_PER_S * 0.95))


def frames_for(words: str) -> Sequence[str]:
    """The sentences that can hold a person's words: a thing, a question or a statement."""
    if words.split()[0].casefold() in DETERMINERS and not any(word.casefold() in STOPS for word in words.split()[1:]):
        return FRAMES
    return ASKING_FRAMES if is_question(words) else CLAUSE_FRAMES


def _candidates(named: Sequence[str], desk: _Desk, rhyme: tuple[str, ...] | None) -> list[_Line]:
    """Sentences of ours around the person's words, the likeliest first; rhyme: what they must rhyme with, None for anything."""
    ends = [end for end in ENDS if rhyme is None or rhyme_of(desk.syllables(end)) == rhyme]
    lines, wanted = [], _wanted(desk.job)
    for end in ends:
        for words in named:
            if end.split()[-1].casefold() == words.split()[-1].casefold():
                continue
            for frame in frames_for(words):
                own = frame.format(np="", end="")
                count = sum(len(desk.syllables(part)) for part in (own, words, end))
                worn = 2.0 * desk.used.count(frame) + 1.2 * desk.used.count(words) + 4.0 * desk.used.count(end)
                score = worn + 0.6 * abs(count - wanted) - 2.5 * desk.near[end] + 0.25 * float(desk.rng.random())
                lines.append((score, frame.format(np=words, end=end), words, end, frame))
    lines.sort(key=lambda row: (row[0], row[1]))
    likely = [
        _Line(text, words, rhyme_of(desk.syllables(text)), score + _measured(text, desk), end, frame)
        for score, text, words, end, frame in lines[:24]
    ]
    return sorted(likely, key=lambda line: (line.cost, line.text))


def _written(line: _Line, because: str, desk: _Desk) -> LyricLine:
    """The line taken into the draft, with its decision."""
    desk.used += [line.frame, line.words, line.end] if line.frame else [line.words]
    text = line.text[0].upper() + line.text[1:]
    desk.decisions.append(Decision("understand", "drafted line", text, because, line.words, 0.6))
    return LyricLine(text, tuple(LyricWord(word) for word in text.split()))


def _mirror(text: str, desk: _Desk) -> tuple[LyricLine, tuple[str, ...]]:
    line = _Line(text, text, rhyme_of(desk.syllables(text)), 0.0)
    asked = desk.source.get(text, "")
    return _written(line, f"your own words, when you were asked {asked}" if asked else "your own words, as you said them", desk), line.rhyme


def _answer(named: Sequence[str], rhyme: tuple[str, ...] | None, desk: _Desk) -> tuple[LyricLine, tuple[str, ...]]:
    """A line of ours that rhymes, or, where nothing rhymes with the person's words, one that begins a rhyme of its own."""
    options = _candidates(named, desk, rhyme) or _candidates(named, desk, None)
    best = options[0]
    rhymes = rhyme is not None and best.rhyme == rhyme
    asked = desk.source.get(best.words, "")
    because = f'it holds your words{f" on {asked}" if asked else ""} and closes with "{best.end}"' + (", which rhymes" if rhymes else "")
    return _written(best, because, desk), best.rhyme


def _verse(mirror: str, named: Sequence[str], scheme: str, desk: _Desk) -> tuple[LyricLine, ...]:
    """Four lines by the scheme, the person's own first."""
    first, rhyme = _mirror(mirror, desk)
    lines, sounds = [first], {scheme[0]: rhyme}
    for letter in scheme[1:]:
        line, rhyme = _answer(named, sounds.get(letter), desk)
        sounds[letter] = rhyme
        lines.append(line)
    return tuple(lines)


def _chorus(hook: str, named: Sequence[str], desk: _Desk) -> tuple[LyricLine, ...]:
    """The hook, an answer, the hook again, an answer that rhymes with the first."""
    first, _ = _mirror(hook, desk)
    second, rhyme = _answer(named, None, desk)
    third, _ = _mirror(hook, desk)
    fourth, _ = _answer(named, rhyme, desk)
    return first, second, third, fourth


def _bridge(mirror: str, named: Sequence[str], desk: _Desk) -> tuple[LyricLine, ...]:
    """Two lines: what was said, and one that leaves it open."""
    first, _ = _mirror(mirror, desk)
    return first, _answer(named, None, desk)[0]
