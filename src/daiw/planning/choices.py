"""The planner's choices, each with its reason: meter, tempo, key, arc, form, roles.

Every function gives the choice and the decision that explains it; wishes are exact, everything else is weighed.
"""

import math
import re

from daiw.errors import PromptError
from daiw.music.cues import Cues
from daiw.music.decision import Decision
from daiw.music.given import GUIDED
from daiw.music.intent import Intent
from daiw.music.interview import MEANINGS
from daiw.music.pitch import MODE_FIFTHS, MODES, Key, PitchClass
from daiw.music.styles.plan import ARCS, PlanStyle
from daiw.music.time import MAX_BPM, MIN_BPM, Meter
from daiw.planning.arcs import STORIES, WORDS, affinity
from daiw.planning.chance import generator
from daiw.planning.emotion import MODE_BRIGHTNESS, cues_with
from daiw.planning.grammar import draw

METERS = "2/4, 3/4, 4/4, 5/4, 6/4, 7/4, 2/2, 3/2, 3/8, 5/8, 6/8, 7/8, 9/8, 12/8 and their like"


def decided(subject: str, choice: str, because: str, **more: object) -> Decision:
    """A decision of this stage."""
    return Decision("plan", subject, choice, because, **more)  # type: ignore[arg-type]


def said(intent: Intent, subject: str) -> str:
    """The prompt's words behind a wish, as the understand stage found them."""
    return next((decision.evidence for decision in intent.decisions if decision.subject == subject), "")


def _asked(intent: Intent, subject: str) -> str:
    """The beginning of a reason: who wished for it."""
    return f"What you gave {'moves at' if subject == 'bpm' else 'is in'}" if said(intent, subject) == GUIDED else "You asked for"


def feeling(intent: Intent) -> str:
    """The feeling in a musician's words."""
    emotion = intent.emotion
    if emotion.labels:
        (first, share), *others = emotion.labels
        return f"{first} with {others[0][0]} in it" if others and others[0][1] >= 0.5 * share else first
    mood = "bright" if emotion.valence > 0.25 else "dark" if emotion.valence < -0.25 else "mixed"
    pace = "restless" if emotion.arousal > 0.25 else "calm" if emotion.arousal < -0.25 else "even"
    return f"{mood} and {pace}"


def choose_meter(intent: Intent, style: PlanStyle) -> tuple[Meter, Decision]:
    """The wished meter, else one of the style's by weight; raises PromptError for meters nobody can play."""
    wished = intent.wishes.meter
    if wished is not None:
        if not (2 <= wished.numerator <= 15 and wished.denominator in (2, 4, 8)):
            raise PromptError(f"the meter {wished} cannot be played; ask for {METERS}")
        because = f"{_asked(intent, 'meter')} {wished}, so it is counted that way."
        return wished, decided("meter", str(wished), because, evidence=said(intent, "meter"))
    name = draw(style.meters, generator(intent.seed, "meter"))
    others = tuple(other for other in style.meters if other != name)
    reason = f"This style is usually counted in {name}." if len(style.meters) == 1 else f"The style moves in {' or '.join(style.meters)}."
    numerator, denominator = name.split("/")
    share = style.meters[name] / sum(style.meters.values())
    return Meter(int(numerator), int(denominator)), decided("meter", name, reason, confidence=round(share, 2), alternatives=others)


TEMPO_WORDS: dict[str, float] = {
    "largo": -0.7, "adagio": -0.6, "ballad": -0.6, "very slow": -0.6, "slow": -0.4, "slow-burning": -0.4, "downtempo": -0.4,
    "lullaby": -0.3, "unhurried": -0.25, "laid back": -0.15, "laid-back": -0.15, "andante": -0.15, "upbeat": 0.2, "driving": 0.25,
    "allegro": 0.35, "fast": 0.4, "uptempo": 0.4, "up-tempo": 0.4, "very fast": 0.6, "presto": 0.6, "breakneck": 0.7, "frantic": 0.4,
}  # fmt: skip
"""Tempo words of a prompt -> how far they move the tempo, in widths of the style's range."""


IDIOMS: dict[str, str] = dict.fromkeys(("fast", "very fast"), r"(?! asleep| friends?)") | {
    "driving": r"(?! (?:home|to|down|up|through|back|away|around|past|along|into|off|out|over|across|the|my|our|his|her|your|me|us|all"
    r"|north|south|east|west)\b)",
}
"""Tempo words -> what may not follow them: whoever is driving home drives a car."""


def _tempo_words(prompt: str) -> tuple[str, float]:
    """The strongest tempo word that is not denied or idiomatic ("not slow", "fast asleep"), and its pull; "" and 0 where there is none."""
    text = prompt.lower()[:20_000]
    heard = [
        word
        for word in TEMPO_WORDS
        if re.search(
            rf"(?<!not )(?<!not too )(?<!isn't )(?<!never )(?<![\w-]){re.escape(word)}(?![\w-])" + IDIOMS.get(word, ""),
            text,
        )
    ]
    word = max(heard, key=lambda word: (abs(TEMPO_WORDS[word]), len(word)), default="")
    return word, TEMPO_WORDS.get(word, 0.0)


def choose_bpm(intent: Intent, style: PlanStyle, cues: Cues) -> tuple[float, Decision]:
    """The wished tempo, else the place in the style's range that the feeling asks for."""
    wished = intent.wishes.bpm
    if wished is not None:
        if not MIN_BPM <= wished <= MAX_BPM:
            raise PromptError(f"{wished:g} bpm is outside {MIN_BPM:g}..{MAX_BPM:g}; ask for a tempo in that range")
        because = f"{_asked(intent, 'bpm')} {wished:g} bpm, so the tempo is exactly that from the first bar to the last."
        return wished, decided("bpm", f"{wished:g} bpm", because, evidence=said(intent, "bpm"))
    low, high = style.bpm
    place = min(1.0, max(0.0, (cues.bpm - 48.0) / (138.0 - 48.0)))
    nudge = float(generator(intent.seed, "bpm").uniform(-0.08, 0.08))
    word, pull = _tempo_words(intent.prompt)
    moved = min(1.0, max(0.0, place + nudge)) + pull
    bpm = float(round(low + (high - low) * min(1.35, max(-0.35, moved))))
    place = moved
    where = "at the slow end" if place < 0.3 else "at the fast end" if place > 0.7 else "in the middle"
    because = (
        f"The feeling is {feeling(intent)}: left alone it would move at about {cues.bpm:.0f} bpm. "
        f"The style lives between {low:g} and {high:g}, so the song sits {where} of that."
    )
    if word:
        because = f'You said "{word}", so the tempo moves {"down" if pull < 0 else "up"}. ' + because
    others = tuple(f"{value:g} bpm" for value in (round(low), round(high)) if value != bpm)
    evidence = word or f"arousal {intent.emotion.arousal:+.2f}"
    return bpm, decided("bpm", f"{bpm:g} bpm", because, evidence=evidence, confidence=0.7, alternatives=others)


def choose_key(intent: Intent, style: PlanStyle, cues: Cues) -> tuple[Key, tuple[Decision, ...]]:
    """The wished key or mode, else a mode by brightness and a tonic the style's players like."""
    wishes = intent.wishes
    if wishes.key is not None:
        key = wishes.key
        key.scale  # noqa: B018 - raises TheoryError for a key nobody can spell
        because = f"{_asked(intent, 'key')} {key}, so that is home."
        return key, (decided("key", str(key), because, evidence=said(intent, "key")),)
    mode, mode_decision = _choose_mode(intent, style, cues)
    tonics = style.tonics or ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    names = dict.fromkeys((str(spelled(PitchClass.parse(name).number, mode)) for name in tonics), 1.0)
    tonic = draw(names, generator(intent.seed, "tonic"))
    key = Key(PitchClass.parse(tonic), mode)
    reason = "It lies well for the players of this style" if style.tonics else "Any tonic would serve; the seed chose one"
    others = tuple(f"{name} {mode}" for name in names if name != tonic)[:3]
    confidence = round(1 / len(names), 2)
    return key, (mode_decision, decided("key", str(key), f"{reason}, so home is {tonic}.", confidence=confidence, alternatives=others))


def spelled(number: int, mode: str) -> PitchClass:
    """The spelling of a tonic 0..11 with the fewest accidentals in its signature; of a tie, flats for minor modes, else sharps.

    >>> str(spelled(1, "major")), str(spelled(1, "minor")), str(spelled(6, "major")), str(spelled(3, "minor"))
    ('Db', 'C#', 'F#', 'Eb')
    """
    ways = [PitchClass.from_fifths(fifths) for fifths in range(-9, 13) if fifths * 7 % 12 == number]
    lean = 1 if 3 in MODES[mode] else -1
    return min(ways, key=lambda tonic: (abs(tonic.fifths - MODE_FIFTHS[mode]), lean * tonic.fifths))


def _choose_mode(intent: Intent, style: PlanStyle, cues: Cues) -> tuple[str, Decision]:
    """The wished mode, else one of the style's: its weight there times its nearness to the brightness the feeling asks for."""
    if intent.wishes.mode is not None:
        mode = intent.wishes.mode
        return mode, decided("mode", mode, f"You asked for {mode}, so every chord is drawn from it.", evidence=said(intent, "mode"))
    scores = {
        mode: weight * math.exp(-(((MODE_BRIGHTNESS[mode] - cues.brightness) / 0.75) ** 2)) + 1e-9 for mode, weight in style.modes.items()
    }
    best = max(scores.values())
    near = {mode: score for mode, score in scores.items() if score >= 0.3 * best}
    mode = draw(near, generator(intent.seed, "mode"))
    light = "bright" if cues.brightness > 0.5 else "dark" if cues.brightness < -0.3 else "half-lit"
    because = f"The feeling is {feeling(intent)}, which asks for something {light}; of the modes this style uses, {mode} comes nearest."
    ranked = tuple(name for name in sorted(scores, key=lambda name: -scores[name]) if name != mode)
    confidence = round(scores[mode] / sum(scores.values()), 2)
    return mode, decided(
        "mode", mode, because, evidence=f"valence {intent.emotion.valence:+.2f}", confidence=confidence, alternatives=ranked[:3]
    )


def choose_cues(intent: Intent, plain: Cues, key: Key) -> tuple[Cues, tuple[Decision, ...]]:
    """The cues of the feeling, where a wished tempo or key fixes one and the others make up for what it does not express."""
    wishes, locked, pulls = intent.wishes, dict[str, float](), list[str]()
    if wishes.bpm is not None:
        locked["bpm"] = wishes.bpm
        if abs(wishes.bpm - plain.bpm) > 15:
            slow = wishes.bpm < plain.bpm
            pulls.append(f"{wishes.bpm:g} bpm is {'slower' if slow else 'faster'} than it would choose ({plain.bpm:.0f})")
    if wishes.key is not None or wishes.mode is not None:
        locked["brightness"] = max(-1.0, MODE_BRIGHTNESS[key.mode])
        if abs(locked["brightness"] - plain.brightness) > 0.5:
            pulls.append(f"{key.mode} is {'darker' if locked['brightness'] < plain.brightness else 'brighter'} than it would choose")
    for name in ("register", "density"):
        value = getattr(intent.given, name)
        if value is not None:
            locked[name] = value
            pulls.append(f"the example's {name} is {value:.3g} where it would choose {getattr(plain, name):.3g}")
    if not locked:
        return plain, ()
    cues = cues_with(intent.emotion, locked)
    if not pulls:
        return cues, ()
    changes = [
        f"{'denser' if cues.density > plain.density else 'sparser'} and {'louder' if cues.velocity > plain.velocity else 'softer'}"
        if abs(cues.density - plain.density) > 0.02
        else "",
        f"{'higher' if cues.register > plain.register else 'lower'}" if abs(cues.register - plain.register) > 0.5 else "",
    ]
    told = " and ".join(filter(None, changes)) or "much the same"
    because = f"The feeling is {feeling(intent)}, but {' and '.join(pulls)}; so that it is still heard, the playing is {told}."
    return cues, (decided("cues", told, because, evidence=", ".join(pulls), confidence=0.6),)


def choose_arc(intent: Intent, style: PlanStyle) -> tuple[str, Decision]:
    """The arc that was asked for or that the prompt's words tell, else the one nearest the feeling, leaning on the style's own."""
    if wished := intent.wishes.arc:
        meant = MEANINGS.get(intent.interview.meaning) if intent.interview and not intent.interview.arc else None
        because = f"{f'So that {meant.does}' if meant and meant.arc == wished else 'You asked for it'}: {STORIES[wished]}."
        return wished, decided("arc", wished, because, alternatives=tuple(arc for arc in ARCS if arc != wished)[:3])
    prompt = " ".join(re.findall(r"[\w']+", intent.prompt.lower()[:20_000].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")))
    heard = {arc: [word for word in words if re.search(rf"\b{re.escape(word)}\b", prompt)] for arc, words in WORDS.items()}
    scores = {arc: affinity(arc, intent.emotion) + style.arcs.get(arc, 0.0) + 1.2 * min(2, len(heard[arc])) for arc in ARCS}
    ranked = sorted(ARCS, key=lambda arc: -scores[arc])
    near = {arc: math.exp((scores[arc] - scores[ranked[0]]) / 0.15) for arc in ranked if scores[arc] >= scores[ranked[0]] - 0.35}
    arc = ranked[0] if heard[ranked[0]] else draw(near, generator(intent.seed, "arc"))
    ranked.remove(arc)
    if heard[arc]:
        words = " and ".join(f'"{word}"' for word in heard[arc][:3])
        because = f"You said {words}, so the song follows that: {STORIES[arc]}."
    else:
        because = f"The feeling is {feeling(intent)}; of the shapes that tell it, this one: {STORIES[arc]}."
    confidence = round(near[arc] / sum(near.values()), 2)
    return arc, decided("arc", arc, because, evidence=", ".join(heard[arc]), confidence=confidence, alternatives=tuple(ranked[:3]))
