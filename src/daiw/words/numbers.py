"""Numbers in digits and in English words."""

import re

UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19,
}  # fmt: skip
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}

_WORD = "|".join(sorted([*UNITS, *TENS, *SCALES], key=len, reverse=True))
SPELLED = rf"(?:(?:a\s+)?(?:{_WORD})(?:(?:[\s-]+and)?[\s-]+(?:{_WORD}))*(?:[\s-]+and[\s-]+a[\s-]+half)?)"
DIGITS = r"(?:[-−]?\d{1,3}(?:,\d{3})+(?!\d)|[-−]?\d+(?:\.\d+)?(?:e\+?\d+)?|[-−]?\.\d+)"
NUMBER = rf"(?:(?<![\w.,/:]){DIGITS}|\b{SPELLED}\b)"
"""A regular expression for one number; compile with IGNORECASE."""


def parse_number(text: str) -> float:
    """The value of digits ("1,024", "-5", "1e9") or English words; raises ValueError for anything else.

    Musicians say hundreds by halves: "one twenty" is 120, "one oh five" is not understood.

    >>> parse_number("ninety-two"), parse_number("a hundred and twenty"), parse_number("one twenty"), parse_number("two and a half")
    (92.0, 120.0, 120.0, 2.5)
    """
    plain = text.strip().lower().replace("−", "-")
    if re.fullmatch(DIGITS, plain):
        return float(plain.replace(",", ""))
    words = re.split(r"[\s-]+", plain)
    half = words[-3:] == ["and", "a", "half"]
    words = [word for word in (words[:-3] if half else words) if word not in ("and", "a")]
    if not words and not half:
        raise ValueError(f"{text!r} is not a number")
    total, group = 0, 1 if words and words[0] in SCALES else 0
    previous = ""
    for word in words:
        if word in SCALES:
            group, total = (group * 100, total) if word == "hundred" else (0, total + max(group, 1) * SCALES[word])
        elif word in UNITS:
            group += UNITS[word]
        elif word in TENS:  # "one twenty": a small number said before a ten counts hundreds
            group = group * 100 + TENS[word] if previous in UNITS and 1 <= UNITS[previous] <= 9 else group + TENS[word]
        else:
            raise ValueError(f"{text!r} is not a number")
        previous = word
    return float(total + group) + (0.5 if half else 0.0)


def spell(number: int) -> str:
    """English words for 0..999.

    >>> spell(92), spell(120), spell(300)
    ('ninety-two', 'one hundred and twenty', 'three hundred')
    """
    if not 0 <= number <= 999:
        raise ValueError(f"0..999, got {number}")
    unit_names = {value: name for name, value in UNITS.items()}
    ten_names = {value: name for name, value in TENS.items() if name != "fourty"}
    hundreds, rest = divmod(number, 100)
    ten, unit = rest - rest % 10, rest % 10
    small = unit_names[rest] if rest < 20 else ten_names[ten] + (f"-{unit_names[unit]}" if unit else "")
    if not hundreds:
        return small
    return f"{unit_names[hundreds]} hundred" + (f" and {small}" if rest else "")
