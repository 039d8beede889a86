"""The emotion as a picture: the circumplex with the song's way through it, and the words for it."""

from math import cos, radians, sin

from daiw.music.emotion import Emotion
from daiw.music.plan import Plan
from daiw.report.markup import Html, el, join

NAMED_ANGLES = {
    "pleased": 0,
    "excited": 45,
    "aroused": 90,
    "distressed": 135,
    "displeased": 180,
    "depressed": 225,
    "sleepy": 270,
    "relaxed": 315,
}
"""Degrees of the circumplex (Russell, "A circumplex model of affect", 1980)."""

RADIUS = 100
DIMENSIONS = {"valence": ("unpleasant", "pleasant"), "arousal": ("calm", "excited"), "dominance": ("powerless", "in control")}
MAX_LABELS = 5


def circumplex(emotion: Emotion, plan: Plan) -> Html:
    """Valence to the right, arousal upwards; the dot is the prompt, the line the sections."""
    words = [
        el("text", name, x=f"{(RADIUS + 10) * cos(radians(angle)):.1f}", y=f"{-(RADIUS + 10) * sin(radians(angle)) + 3:.1f}",
           text_anchor="middle" if angle % 180 == 90 else "start" if cos(radians(angle)) > 0 else "end")
        for name, angle in NAMED_ANGLES.items()
    ]  # fmt: skip
    path = [_place(section.emotion) for section in plan.sections]
    way = el("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in path), class_="way") if len(set(path)) > 1 else ""
    stops = [el("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="2.4", class_="stop") for x, y in dict.fromkeys(path)] if way else []
    x, y = _place(emotion)
    dots = (
        el("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="11", class_="halo"),
        el("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="5", class_="dot"),
    )
    frame = (el("circle", r=str(RADIUS), class_="rim"), el("circle", r=str(RADIUS // 2), class_="rim inner"),
             el("path", d=f"M{-RADIUS} 0H{RADIUS}M0 {-RADIUS}V{RADIUS}", class_="rim"))  # fmt: skip
    label = f"Circumplex: valence {emotion.valence:+.2f}, arousal {emotion.arousal:+.2f}"
    return el("svg", *frame, *words, way, *stops, *dots, viewBox="-172 -124 344 248", class_="circumplex", role="img", aria_label=label)


def _place(emotion: Emotion) -> tuple[float, float]:
    return RADIUS * emotion.valence, -RADIUS * emotion.arousal


def dimensions(emotion: Emotion) -> Html:
    """Valence, arousal and dominance as three scales."""
    rows = []
    for name, (low, high) in DIMENSIONS.items():
        value = getattr(emotion, name)
        bar = el("span", el("span", style=f"left:{min(50, 50 + 50 * value):.1f}%;width:{50 * abs(value):.1f}%"), class_="scale")
        figure = f"{value:+.2f}".replace("-", "−")
        rows.append(
            el(
                "div",
                el("div", el("b", name), el("span", figure, class_="figure")),
                bar,
                el("div", el("span", low), el("span", high), class_="ends"),
                class_="dimension",
            )
        )
    return join(*rows)


def labels(emotion: Emotion) -> Html:
    """The likeliest words with their probabilities."""
    rows = []
    for name, probability in emotion.labels[:MAX_LABELS]:
        share = min(1.0, max(0.0, probability))
        bar = el("span", el("span", style=f"width:{share:.1%}"), class_="share")
        rows.append(el("li", el("span", name), bar, el("span", f"{share:.0%}", class_="figure")))
    return el("ul", *rows, class_="labels") if rows else Html("")
