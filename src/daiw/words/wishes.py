"""Everything a person asked for in so many words, gathered; options outweigh the prompt, and every choice is told."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from daiw.errors import PromptError
from daiw.music.decision import Decision
from daiw.music.instruments import ROLES, find_family
from daiw.music.intent import Wishes
from daiw.music.lyrics import BLEND_LU, SPREAD_MS
from daiw.music.rules import VOCAL_RULES, RuleBreak
from daiw.music.styles.plan import ARCS
from daiw.words.ensemble import Ensemble, find_ensemble
from daiw.words.found import Found
from daiw.words.genres import AROUSAL, find_genres, preset_of_genre
from daiw.words.keys import find_keys, find_modes
from daiw.words.lengths import check_bars, check_minutes, find_bars, find_minutes
from daiw.words.meters import find_meters
from daiw.words.tempo import check_bpm, find_tempos

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """How one wish is spoken of.  name: its field in `Wishes`.  unit: said after the value."""

    name: str
    unit: str = ""
    option: str = ""


_SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("bpm", " bpm", "--bpm"),
        Subject("key", "", "--key"),
        Subject("mode", "", "--key"),
        Subject("meter", "", "--meter"),
        Subject("bars", " bars", "--bars"),
        Subject("minutes", " minutes", "--minutes"),
        Subject("genre", "", "--preset"),
        Subject("blend", " LU", "--blend"),
        Subject("spread", " ms", "--spread"),
    )
}


def read_wishes(prompt: str, options: Wishes, genres_of_preset: Mapping[str, Sequence[str]]) -> tuple[Wishes, tuple[Decision, ...]]:
    """The wishes of prompt and options together, and a decision for each; raises PromptError for the impossible.

    genres_of_preset: the genre words of every preset by its name.
    """
    decisions: list[Decision] = []

    def choose(name: str, said: tuple[Found[T], ...], option: T | None, check: Callable[[T], T] = lambda value: value) -> T | None:
        value, decision = _choose(_SUBJECTS[name], prompt, said, option)
        if value is None or decision is None:
            return None
        decisions.append(decision)
        return check(value)

    bpm = choose("bpm", find_tempos(prompt), options.bpm, check_bpm)
    keys = find_keys(prompt)
    key = choose("key", keys, options.key)
    mode = None if key else choose("mode", find_modes(prompt), options.mode)
    meter = choose("meter", find_meters(prompt), options.meter)
    bars, minutes = _length(prompt, options, choose)
    vocabulary = (*AROUSAL, *(genre for genres in genres_of_preset.values() for genre in genres))
    genre = choose("genre", find_genres(prompt, vocabulary), options.genre)
    preset = _preset(options.preset, genre, genres_of_preset, decisions)
    ensemble = find_ensemble(prompt)
    wanted, unwanted = _instruments(prompt, ensemble, options, decisions)
    wishes = Wishes(
        bpm=bpm, key=key, mode=mode, meter=meter, bars=bars, minutes=minutes, genre=genre, preset=preset,
        sung=_sung(prompt, ensemble, options, decisions), with_instruments=wanted, without_instruments=unwanted,
        voice=options.voice, draft=options.draft, breaks=_breaks(options.breaks, decisions),
        company=_company(prompt, ensemble, options, decisions),
        blend_lu=choose("blend", (), options.blend_lu, partial(_within, BLEND_LU, "--blend", "LU")),
        spread_ms=choose("spread", (), options.spread_ms, partial(_within, SPREAD_MS, "--spread", "ms")),
        arc=_arc(options.arc), openness=options.openness, conflict=options.conflict,
    )  # fmt: skip
    return wishes, tuple(decisions)


def _arc(name: str | None) -> str | None:
    """The arc of that name; raises PromptError with the nearest names."""
    if name is None or name in ARCS:
        return name
    near = difflib.get_close_matches(name.lower().replace(" ", "-"), ARCS, n=3, cutoff=0.4) or ARCS
    raise PromptError(f"there is no arc {name!r}; did you mean {', '.join(near)}?")


def _within(limits: tuple[float, float], option: str, unit: str, value: float) -> float:
    """The value; raises PromptError where it lies outside."""
    low, high = limits
    if not low <= value <= high:
        raise PromptError(f"{option} must lie in {low:g}..{high:g} {unit}, not {value:g}")
    return value


def _say(value: object, unit: str) -> str:
    """A value as text with its unit."""
    return (f"{value:g}" if isinstance(value, (int, float)) else str(value)) + (unit.removesuffix("s") if value == 1 else unit)


def _choose(subject: Subject, prompt: str, said: tuple[Found[T], ...], option: T | None) -> tuple[T | None, Decision | None]:
    """One value of option and prompt: the option, else the first said; what lost is an alternative and is told."""
    values = list(dict.fromkeys(found.value for found in said))
    if option is not None:
        losers = [_say(value, subject.unit) for value in values if value != option]
        because = f"the option {subject.option} says so" + (f" and outweighs {_listed(losers)} in the prompt" if losers else "")
        return option, Decision("understand", subject.name, _say(option, subject.unit), because, subject.option, 1.0, tuple(losers))
    if not values:
        return None, None
    first = said[0]
    evidence = ", ".join(found.words(prompt) for found in said)
    others = tuple(_say(value, subject.unit) for value in values[1:])
    if others:
        named = _listed([_say(value, subject.unit) for value in values])
        because = f"the prompt names {named}; a song starts with one, so the first is taken ({subject.option} chooses)"
        return first.value, Decision("understand", subject.name, _say(first.value, subject.unit), because, evidence, 0.5, others)
    because = "you asked for it" + (f" ({first.note})" if first.note else "")
    return first.value, Decision("understand", subject.name, _say(first.value, subject.unit), because, evidence, 0.9 if first.note else 1.0)


def _listed(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _length(prompt: str, options: Wishes, choose: Callable[..., float | None]) -> tuple[int | None, float | None]:
    """Bars or minutes, never both: options outweigh the prompt, and within one source bars outweigh minutes."""
    if options.bars is not None and options.minutes is not None:
        raise PromptError("--bars and --minutes exclude each other; give one of them")
    bars_said, minutes_said = find_bars(prompt), find_minutes(prompt)
    if options.minutes is not None or (options.bars is None and not bars_said):
        minutes = choose("minutes", minutes_said, options.minutes, check_minutes)
        return None, minutes
    bars = choose("bars", bars_said, options.bars, check_bars)
    return (None if bars is None else int(bars)), None


def _preset(option: str | None, genre: str | None, genres_of_preset: Mapping[str, Sequence[str]], decisions: list[Decision]) -> str | None:
    """The preset that an option or a genre word chooses outright; raises PromptError for an unknown name."""
    if option is not None:
        if option not in genres_of_preset:
            near = difflib.get_close_matches(option.lower(), genres_of_preset, n=3, cutoff=0.4) or sorted(genres_of_preset)
            raise PromptError(f"there is no preset {option!r}; did you mean {', '.join(near)}?")
        decisions.append(Decision("understand", "preset", option, "the option --preset says so", "--preset"))
        return option
    named = preset_of_genre(genre, genres_of_preset) if genre else None
    if genre and named:
        decisions.append(Decision("understand", "preset", named, f'"{genre}" is one of its genres', genre))
    return named


def _instruments(prompt: str, ensemble: Ensemble, options: Wishes, decisions: list[Decision]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Wanted and unwanted names; an option outweighs a word, and a refusal outweighs a wish."""
    option_wanted = tuple(_family(name) for name in options.with_instruments)
    option_unwanted = tuple(_family(name) for name in options.without_instruments)
    wanted = tuple(dict.fromkeys([*option_wanted, *(f.value for f in ensemble.wanted if f.value not in option_unwanted)]))
    wanted = tuple(name for name in wanted if name not in option_unwanted)
    unwanted = tuple(dict.fromkeys([*option_unwanted, *(f.value for f in ensemble.unwanted if f.value not in option_wanted)]))
    for subject, names, found in (("with", wanted, ensemble.wanted), ("without", unwanted, ensemble.unwanted)):
        if not names:
            continue
        spans = dict.fromkeys(item.words(prompt) for item in found if item.value in names)
        notes = dict.fromkeys(item.note for item in found if item.note and item.value in names)
        because = "; ".join(notes) if notes else "you asked for it" if subject == "with" else "you asked to leave it out"
        decisions.append(
            Decision("understand", subject, ", ".join(names), because, ", ".join(spans), 0.8 if notes and subject == "with" else 1.0)
        )
    return wanted, unwanted


def _family(name: str) -> str:
    """The family or role an option names; raises PromptError."""
    found = name if name in ROLES else find_family(name)
    if found is None:
        raise PromptError(f"{name!r} is no instrument known here; try piano, guitar, strings, bass or drums")
    return found


def _sung(prompt: str, ensemble: Ensemble, options: Wishes, decisions: list[Decision]) -> bool | None:
    """Whether anybody sings."""
    said, value = ensemble.sung, options.sung
    if value is None and said is None:
        return None
    value = said.value if value is None and said is not None else bool(value)
    because = "you asked for it" if options.sung is None else "the option says so"
    decisions.append(Decision("understand", "sung", "sung" if value else "instrumental", because, said.words(prompt) if said else ""))
    return value


def _company(prompt: str, ensemble: Ensemble, options: Wishes, decisions: list[Decision]) -> tuple[str, ...] | None:
    """Who sings with the voice; None where nobody said."""
    if options.company is not None:
        decisions.append(Decision("understand", "company", ", ".join(options.company) or "none", "the option says so", "--company"))
        return options.company
    if not ensemble.company:
        return None
    evidence = ", ".join(found.words(prompt) for found in ensemble.company)
    names = tuple(found.value for found in ensemble.company)
    decisions.append(Decision("understand", "company", ", ".join(names), "you asked for it", evidence))
    return names


def _breaks(breaks: tuple[RuleBreak, ...], decisions: list[Decision]) -> tuple[RuleBreak, ...]:
    """The rules to break, each told with its reason."""
    for each in breaks:
        rule = VOCAL_RULES[each.rule]
        choice = f"{each.rule} by {each.amount:.0%}: {rule.does}"
        decisions.append(Decision("understand", "rule broken", choice, f"{each.because}. The risk: {rule.risk}", "--break"))
    return breaks


def without_figures(prompt: str) -> str:
    """The prompt without tempo, meter and length: figures that say nothing of feeling beyond what the tempo prior knows.

    >>> without_figures("tender song, 82 bpm, 3 minutes, in F major")
    'tender song, in F major'
    """
    finders = (find_tempos, find_bars, find_minutes, find_meters)
    text = list(prompt)
    for finder in finders:
        for found in finder(prompt):
            if not found.note.endswith("implies it"):
                text[found.start : found.end] = " " * (found.end - found.start)
    clauses = [" ".join(clause.split()).removesuffix(" at").removesuffix(" in") for clause in "".join(text).split(",")]
    kept = ", ".join(clause for clause in clauses if clause and clause not in ("at", "in"))
    return kept if any(char.isalnum() for char in kept) else prompt
