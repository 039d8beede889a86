"""Measurements with their names in words and their units apart."""

from collections.abc import Mapping

from daiw.report.markup import Html, el

UNITS = {"lufs": "LUFS", "lu": "LU", "dbtp": "dBTP", "db": "dB", "hz": "Hz", "s": "s", "ms": "ms", "bpm": "bpm"}
WORDS = {
    "integrated_lufs": ("Loudness", "the whole song, gated (ITU-R BS.1770-4)"),
    "true_peak_dbtp": ("True peak", "between the samples, too"),
    "lra_lu": ("Loudness range", "from quiet to loud parts (EBU Tech 3342)"),
    "short_term_max_lufs": ("Loudest three seconds", ""),
    "crest_db": ("Crest", "peak over average"),
    "width": ("Width", "0 mono, 0.5 unrelated sides"),
    "mono_loss_db": ("Lost in mono", "power that cancels when left and right are summed"),
    "max_reduction_db": ("Limiting", "the most that was ever held back"),
    "duration_s": ("Length", "with the tail of the last note"),
}
BALANCE, SPAN_DB = "balance_", 12.0


def measurements(figures: Mapping[str, float]) -> Html:
    """A table of all figures; the tonal balance, where measured, as bars around zero."""
    rows = [_row(name, value) for name, value in figures.items() if not name.startswith(BALANCE)]
    table = el("table", el("caption", "Levels and shape", class_="sr"), el("tbody", *rows), class_="figures")
    bars = [_bar(name, value) for name, value in figures.items() if name.startswith(BALANCE)]
    if not bars:
        return table
    balance = el(
        "div",
        el("h3", "Tonal balance"),
        el("p", "Against the average record, middle = 0 dB", class_="note"),
        el("ul", *bars, class_="balance"),
    )
    return el("div", table, balance, class_="measured")


def _row(name: str, value: float) -> Html:
    words, about = WORDS.get(name, (_spoken(name), ""))
    number, unit = _figure(name, value)
    return el("tr", el("th", words, el("small", about) if about else "", scope="row"), el("td", number, class_="figure"), el("td", unit))


def _bar(name: str, value: float) -> Html:
    share = 50 * min(1.0, abs(value) / SPAN_DB)
    place = f"left:{50 - share if value < 0 else 50:.1f}%;width:{share:.1f}%"
    number, unit = _figure(name, value, sign="+")
    return el(
        "li",
        el("span", _spoken(name.removeprefix(BALANCE))),
        el("span", el("span", style=place), class_="scale"),
        el("span", f"{number} {unit}", class_="figure"),
    )


def _figure(name: str, value: float, sign: str = "") -> tuple[str, str]:
    """The number with as many decimals as its unit deserves, and the unit.

    >>> _figure("true_peak_dbtp", -1.04), _figure("width", 0.314)
    (('−1.0', 'dBTP'), ('0.31', ''))
    """
    unit = UNITS.get(name.rsplit("_", 1)[-1], "") if "_" in name else ""
    decimals = 1 if unit else 2
    return f"{value:{sign}.{decimals}f}".replace("-", "−"), unit


def _spoken(name: str) -> str:
    """A measurement's name without its unit.

    >>> _spoken("short_term_max_lufs"), _spoken("width")
    ('Short term max', 'Width')
    """
    stem, _, unit = name.rpartition("_")
    return (stem if unit in UNITS and stem else name).replace("_", " ").capitalize()
