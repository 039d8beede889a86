"""The planner's choices, each with its reason: meter, tempo, key, arc, form, roles.

Every function gives the choice and the decision that explains it; wishes are exact, everything else is weighed.
"""

import math
import re

from daiw.errors import PromptError
from daiw.music.cues import Cues
from daiw.music.decision import Decision
from daiw.music.instruments import FAMILIES, ROLES
from daiw.music.intent import Intent
from daiw.music.pitch import MODE_FIFTHS, MODES, Key, PitchClass
from daiw.music.styles.plan import ARCS, PlanStyle, read_form
from daiw.music.time import MAX_BPM, MIN_BPM, TICKS_PER_QUARTER, Meter
from daiw.planning.arcs import STORIES, WORDS, affinity
from daiw.planning.chance import generator
from daiw.planning.emotion import MODE_BRIGHTNESS, cues_with
from daiw.planning.form import Block, fit, total
from daiw.planning.grammar import draw

MAX_BARS = 2000
MAX_MINUTES = 30.0
METERS = "2/4, 3/4, 4/4, 5/4, 6/4, 7/4, 2/2, 3/2, 3/8, 5/8, 6/8, 7/8, 9/8, 12/8 and their like"
WRITING_ORDER = ("melody", "chords", "bass", "drums", "pad", "counter")


def decided(subject: str, choice: str, because: str, **more: object) -> Decision:
    """A decision of this stage."""
    return Decision("plan", subject, choice, because, **more)  # type: ignore[arg-type]


def said(intent: Intent, subject: str) -> str:
    """The prompt's words behind a wish, as the understand stage found them."""
    return next((decision.evidence for decision in intent.decisions if decision.subject == subject), "")


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
        return wished, decided("meter", str(wished), f"You asked for {wished}, so it is counted that way.", evidence=said(intent, "meter"))
    name = draw(style.meters, generator(intent.seed, "meter"))
    others = tuple(other for other in style.meters if other != name)
    reason = f"This style is usually counted in {name}." if len(style.meters) == 1 else f"The style moves in {' or '.join(style.meters)}."
    numerator, denominator = name.split("/")
    share = style.meters[name] / sum(style.meters.values())
    return Meter(int(numerator), int(denominator)), decided("meter", name, reason, confidence=round(share, 2), alternatives=others)


def choose_bpm(intent: Intent, style: PlanStyle, cues: Cues) -> tuple[float, Decision]:
    """The wished tempo, else the place in the style's range that the feeling asks for."""
    wished = intent.wishes.bpm
    if wished is not None:
        if not MIN_BPM <= wished <= MAX_BPM:
            raise PromptError(f"{wished:g} bpm is outside {MIN_BPM:g}..{MAX_BPM:g}; ask for a tempo in that range")
        because = f"You asked for {wished:g} bpm, so the tempo is exactly that from the first bar to the last."
        return wished, decided("bpm", f"{wished:g} bpm", because, evidence=said(intent, "bpm"))
    low, high = style.bpm
    place = min(1.0, max(0.0, (cues.bpm - 48.0) / (138.0 - 48.0)))
    nudge = float(generator(intent.seed, "bpm").uniform(-0.08, 0.08))
    bpm = float(round(low + (high - low) * min(1.0, max(0.0, place + nudge))))
    where = "at the slow end" if place < 0.3 else "at the fast end" if place > 0.7 else "in the middle"
    because = (
        f"The feeling is {feeling(intent)}: left alone it would move at about {cues.bpm:.0f} bpm. "
        f"The style lives between {low:g} and {high:g}, so the song sits {where} of that."
    )
    others = tuple(f"{value:g} bpm" for value in (round(low), round(high)) if value != bpm)
    evidence = f"arousal {intent.emotion.arousal:+.2f}"
    return bpm, decided("bpm", f"{bpm:g} bpm", because, evidence=evidence, confidence=0.7, alternatives=others)


def choose_key(intent: Intent, style: PlanStyle, cues: Cues) -> tuple[Key, tuple[Decision, ...]]:
    """The wished key or mode, else a mode by brightness and a tonic the style's players like."""
    wishes = intent.wishes
    if wishes.key is not None:
        key = wishes.key
        key.scale  # noqa: B018 - raises TheoryError for a key nobody can spell
        return key, (decided("key", str(key), f"You asked for {key}, so that is home.", evidence=said(intent, "key")),)
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
    """The arc the prompt's words tell, else the one whose home lies nearest the feeling, leaning on the style's own."""
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


def choose_form(intent: Intent, style: PlanStyle, arc: str, bpm: float, meter: Meter) -> tuple[tuple[Block, ...], tuple[Decision, ...]]:
    """A form of the style that suits arc and length, fitted to the wished bars exactly; raises PromptError beyond reason."""
    bar_s = meter.bar_ticks / TICKS_PER_QUARTER * 60.0 / bpm
    bars, length = _length(intent, bar_s)
    rng = generator(intent.seed, "form")
    target = bars or style.minutes * float(rng.uniform(0.88, 1.12)) * 60.0 / bar_s
    weights = {text: _suitability(text, arc, target) for text in style.forms}
    text = draw(weights, rng)
    sections = read_form(text)[1]
    natural = sum(count for _, count in sections)
    if bars is None:
        bars = natural if 0.8 <= natural / target <= 1.25 else max(4, 4 * round(target / 4))
    blocks = fit(sections, bars)
    if length is None:
        because = f"At {bpm:g} bpm the form takes {clock(bars * bar_s)}, about what this style usually lasts."
        length = decided("length", f"{bars} bars", because, evidence=clock(bars * bar_s), confidence=0.6)
    shape = ", ".join(f"{block.name} {block.bars}" for block in blocks)
    made_for = read_form(text)[0]
    why = f"It is made for {arc}" if made_for else "It is one of this style's own forms"
    fitted = "" if total(blocks) == natural else f", fitted from {natural} to {bars} bars"
    others = tuple(other.rpartition(":")[2].strip() for other in style.forms if other != text)[:2]
    form = decided("form", shape, f"{why}{fitted}.", confidence=round(weights[text] / sum(weights.values()), 2), alternatives=others)
    return blocks, (length, form)


def _suitability(text: str, arc: str, target: float) -> float:
    """Weight of a form: near the target length, and made for this arc rather than another."""
    made_for, sections = read_form(text)
    natural = sum(count for _, count in sections)
    return math.exp(-2.0 * abs(math.log2(natural / target))) * (5.0 if made_for == arc else 0.1 if made_for else 1.0) + 1e-9


def _length(intent: Intent, bar_s: float) -> tuple[int | None, Decision | None]:
    """The wished bars, exact, or the bars nearest the wished minutes; None where nothing was said."""
    wishes = intent.wishes
    if wishes.bars is not None:
        if not 1 <= wishes.bars <= MAX_BARS or wishes.bars * bar_s > MAX_MINUTES * 60:
            raise PromptError(f"{wishes.bars} bars cannot be made; ask for 1..{MAX_BARS} bars and at most {MAX_MINUTES:g} minutes")
        because = f"You asked for {wishes.bars} bars, so there are exactly {wishes.bars}: {clock(wishes.bars * bar_s)}."
        return wishes.bars, decided("length", f"{wishes.bars} bars", because, evidence=said(intent, "bars"))
    if wishes.minutes is None:
        return None, None
    if not 0 < wishes.minutes <= MAX_MINUTES:
        raise PromptError(f"{wishes.minutes:g} minutes cannot be made; ask for more than 0 and at most {MAX_MINUTES:g}")
    exact = wishes.minutes * 60.0 / bar_s
    bars = max(1, round(exact))
    because = f"You asked for {wishes.minutes:g} minutes; at this tempo that is {exact:.2f} bars, so {bars} last {clock(bars * bar_s)}."
    return bars, decided("length", f"{bars} bars", because, evidence=said(intent, "minutes"))


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(150.4)
    '2:30'
    """
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


SERVES = {"bass": "bass", "drums": "drums", "synth pad": "pad"}
"""Families without which a role has no meaning to the person who refuses them ("no bass")."""


FEATURED_FROM = 0.28
"""Section energy from which a role plays that an asked-for instrument serves."""


def choose_roles(intent: Intent, style: PlanStyle) -> tuple[tuple[str, ...], frozenset[str], Decision]:
    """The style's roles without the unwanted ones and with those that the wished instruments need, which are featured.

    Raises PromptError for silence.
    """
    wishes = intent.wishes
    unwanted = {SERVES.get(name, name) for name in wishes.without_instruments} & set(ROLES)
    wished = [name for name in wishes.with_instruments if name not in wishes.without_instruments]
    roles = {role for role in style.roles if role not in unwanted}
    roles |= {role for role in wished if role in ROLES and role not in unwanted}
    featured = {role: role for role in wished if role in roles}
    free = sorted(roles - set(featured))
    for name in sorted((name for name in wished if name in FAMILIES), key=lambda name: len(FAMILIES[name].roles)):
        able = [role for role in FAMILIES[name].roles if role not in unwanted]
        taken = next((role for role in able if role in free), None)
        if taken is None:
            taken = next((role for role in able if role not in roles), None)
            roles |= {taken} if taken else set()
        else:
            free.remove(taken)
        featured |= {taken: name} if taken else {}
    if not roles:
        raise PromptError("every part of the song was refused; allow at least one of " + ", ".join(style.roles))
    ordered = tuple(role for role in WRITING_ORDER if role in roles)
    reasons = ["These are the parts of the style"]
    if gone := [role for role in WRITING_ORDER if role in style.roles and role not in roles]:
        reasons.append(f"you wanted no {' and no '.join(gone)}, so that is left out")
    if featured:
        shares = ", ".join(f"the {role}" if role == name else f"{name} the {role}" for role, name in featured.items())
        reasons.append(f"you asked for {' and '.join(wished)}, so these are heard most of the time: {shares}")
    decision = decided(
        "roles",
        ", ".join(ordered),
        "; ".join(reasons) + ".",
        evidence=", ".join(filter(None, (said(intent, "with"), said(intent, "without")))),
    )
    return ordered, frozenset(featured), decision
