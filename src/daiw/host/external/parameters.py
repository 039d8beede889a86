"""A plugin's parameters as a person knows them: names, units, ranges and choices, read with a bounded number of questions.

Pedalboard asks each parameter for its text at 1,001 values while it loads a plugin, which takes some plugins minutes; a few dozen tell
as much.  Works in the worker; `Raw` is what it uses of pedalboard's parameter.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

MOST_CHOICES = 128
_SAMPLES = 32
_NUMBER = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(\S{0,12})\s*$", re.IGNORECASE)
_MIDI = re.compile(r"^(MIDI )?(CC|Ch\. ?\d+)", re.IGNORECASE)
_KILO = {"khz": ("Hz", 1000.0)}
_ON, _OFF = ("on", "yes", "true", "enabled"), ("off", "no", "false", "disabled")
Value = float | str | bool


class Raw(Protocol):
    """A plugin's parameter as pedalboard shows it: a number 0..1 and its text."""

    name: str
    label: str
    raw_value: float
    num_steps: int
    is_automatable: bool
    default_raw_value: float

    def get_text_for_raw_value(self, raw_value: float) -> str:
        """How the plugin writes a raw value."""

    def get_raw_value_for_text(self, text: str) -> float:
        """How the plugin reads a text."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    key: its name in manifests, `cutoff_hz`.  name, unit: the plugin's own.  low, high: the range in that unit where it is a number.
    choices: the texts, where it is none.  automatable: as the plugin says.
    """

    key: str
    name: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    default: str = ""
    automatable: bool = True

    @property
    def range_text(self) -> str:
        """The range for people: "20..20000 Hz", "Sine, Saw"."""
        if self.low is None or self.high is None:
            return ", ".join(self.choices)
        return f"{self.low:g}..{self.high:g}{' ' + self.unit if self.unit else ''}"


def key_of(name: str, label: str = "") -> str:
    """A parameter's name as a key, its unit behind it.

    >>> key_of("Cutoff", "Hz"), key_of("Env 1 / Attack"), key_of("Room")
    ('cutoff_hz', 'env_1_attack', 'room')
    """
    words = re.findall(r"[a-z0-9%]+", f"{name} {label}".lower().replace("#", " sharp").replace("%", " percent "))
    return "_".join(word for i, word in enumerate(words) if i == 0 or word != words[i - 1])


def is_controller(name: str) -> bool:
    """True for a MIDI controller that a plugin format disguises as a parameter; synths show thousands of them.

    >>> is_controller("MIDI Ch. 1 CC 7"), is_controller("Ch.3 CC12"), is_controller("Cutoff")
    (True, True, False)
    """
    return bool(_MIDI.match(name)) or bool(re.fullmatch(r"P\d{3}", name))


def settable(raws: Iterable[Raw]) -> dict[str, Raw]:
    """The parameters one can set, by key; the later of two with one name cannot be addressed, of two with one key it is numbered."""
    found: dict[str, Raw] = {}
    names: set[str] = set()
    for raw in raws:
        if not raw.is_automatable or not raw.name.strip() or raw.name in names or is_controller(raw.name):
            continue
        names.add(raw.name)
        key = base = key_of(raw.name, raw.label) or "parameter"
        count = 1
        while key in found:
            count += 1
            key = f"{base}_{count}"
        found[key] = raw
    return found


def number(text: str) -> tuple[float, str] | None:
    """A parameter's text as a number and its unit, None where it is a word.

    >>> number("2.5 kHz"), number("-6 dB"), number("Saw")
    ((2500.0, 'Hz'), (-6.0, 'dB'), None)
    """
    match = _NUMBER.match(text.replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    if match is None:
        return None
    value, unit = float(match[1]), match[2]
    shown, factor = _KILO.get(unit.lower(), (unit, 1.0))
    return value * factor, shown


def describe(key: str, raw: Raw) -> Parameter:
    """What there is to know of one parameter; asks the plugin for at most `MOST_CHOICES` texts."""
    steps = raw.num_steps
    points = steps if 2 <= steps <= MOST_CHOICES else _SAMPLES + 1
    texts = [raw.get_text_for_raw_value(i / (points - 1)) for i in range(points)]
    numbers = [number(text) for text in texts]
    default = raw.get_text_for_raw_value(raw.default_raw_value)
    label = raw.label.strip()
    if all(found is not None for found in numbers):
        values = [found[0] for found in numbers if found is not None]
        unit = label or next((found[1] for found in numbers if found is not None and found[1]), "")
        return Parameter(key, raw.name, unit, min(values), max(values), (), default, raw.is_automatable)
    return Parameter(key, raw.name, label, None, None, tuple(dict.fromkeys(texts)), default, raw.is_automatable)


def find(key: str, names: Mapping[str, str]) -> str:
    """The full key of a parameter asked for with or without its unit; names: key -> the plugin's own name.

    Raises KeyError with the nearest keys.
    """
    if key in names:
        return key
    bare = [full for full, name in names.items() if key in (key_of(name), name)]
    if len(bare) == 1:
        return bare[0]
    near = difflib.get_close_matches(key, names, n=3, cutoff=0.5)
    offer = f"did you mean {' or '.join(map(repr, near))}?" if near else f"parameters are {', '.join(list(names)[:40])}"
    raise KeyError(f"there is no parameter {key!r}; {offer}")


def raw_for(value: Value, parameter: Parameter, raw: Raw) -> float:
    """The raw value, 0..1, of a wanted value in the parameter's own unit; raises ValueError with the range or the choices."""
    if parameter.low is not None and parameter.high is not None:
        if isinstance(value, str) or (isinstance(value, bool) and (parameter.low, parameter.high) != (0.0, 1.0)):
            raise ValueError(f"{parameter.key} must be a number, {parameter.range_text}, not {value!r}")
        wanted = float(value)
        slack = 1e-6 * (parameter.high - parameter.low)
        if not parameter.low - slack <= wanted <= parameter.high + slack:
            raise ValueError(f"{parameter.key} must be {parameter.range_text}, not {wanted:g}")
        return _raw_for_number(wanted, parameter, raw)
    names = [choice.strip().lower() for choice in parameter.choices]
    if isinstance(value, bool):
        asked: tuple[str, ...] = _ON if value else _OFF
    else:
        asked = ((value if isinstance(value, str) else f"{value:g}").strip().lower(),)
    hits = [i for i, name in enumerate(names) if name in asked]
    if not hits:
        raise ValueError(f"{parameter.key} must be one of {parameter.range_text}, not {value!r}")
    return _raw_for_choice(parameter.choices[hits[0]], raw)


def _raw_for_choice(choice: str, raw: Raw) -> float:
    points = raw.num_steps if 2 <= raw.num_steps <= MOST_CHOICES else _SAMPLES + 1
    alike = [i / (points - 1) for i in range(points) if raw.get_text_for_raw_value(i / (points - 1)) == choice]
    return alike[len(alike) // 2]


def _raw_for_number(wanted: float, parameter: Parameter, raw: Raw) -> float:
    """The plugin's own reading of the number where that is right, else a search over its texts, which rise or fall."""
    span = float(parameter.high or 0.0) - float(parameter.low or 0.0)
    guess = min(1.0, max(0.0, raw.get_raw_value_for_text(f"{wanted:.6g}")))
    if span <= 0 or abs(_shown(raw, guess) - wanted) <= 0.002 * span:
        return guess
    low, high = 0.0, 1.0
    rising = _shown(raw, 1.0) > _shown(raw, 0.0)
    for _ in range(24):
        middle = (low + high) / 2.0
        if (_shown(raw, middle) < wanted) == rising:
            low = middle
        else:
            high = middle
    return min((low, high), key=lambda at: abs(_shown(raw, at) - wanted))


def _shown(raw: Raw, at: float) -> float:
    found = number(raw.get_text_for_raw_value(at))
    return found[0] if found is not None else float("nan")
