"""report.html: one file that opens offline and explains a song.

It refers to nothing but the audio and MIDI files beside it; style, script and picture are inside.  Every text is escaped, and the
content security policy lets no script run but our own.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files as resources
from urllib.parse import quote

from daiw.music.audio import Master, Mix
from daiw.music.decision import Decision
from daiw.music.intent import Intent
from daiw.music.lyrics import TimedLine
from daiw.music.plan import Plan
from daiw.music.score import Arrangement
from daiw.report.answers import answers
from daiw.report.feeling import circumplex, dimensions, labels
from daiw.report.figures import measurements
from daiw.report.lanes import lanes
from daiw.report.markup import Html, el, join
from daiw.report.reasons import marked_prompt, reasons
from daiw.report.sheet import chord_sheet, signs
from daiw.report.words import sung_words

ROLE_COLOURS = {"melody": 0, "chords": 1, "bass": 2, "drums": 3, "pad": 4, "counter": 5, "reverb": 8, "delay": 8}
SPARE_COLOURS = (6, 7, 0, 1, 2, 4, 5)
FILE_WORDS = {
    "song.mid": "MIDI, one track a role",
    "song.json": "everything as data",
    "lyrics.lrc": "the words with their times",
    "mix.wav": "mix before mastering",
    "master.wav": "master, 24 bit",
    "master.flac": "master, lossless",
    "master.mp3": "master, small",
}


SWITCHES = (("M", "mute", "Mute"), ("S", "solo", "Solo"))


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """What the page tells.

    decisions: of all stages.  words: what is sung, with its times.
    files: paths in the song folder, with / between parts; players are shown for those that are there.
    versions: name -> version.  hashes: name -> hash, of fonts, plugins and weights.
    """

    intent: Intent
    plan: Plan
    arrangement: Arrangement
    mix: Mix
    master: Master
    decisions: Sequence[Decision]
    files: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[TimedLine] = ()


def report_html(page: ReportData) -> str:
    """The whole page as text, to be written as UTF-8."""
    style, script = (resources("daiw.report").joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    seal = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{seal}'; img-src data:; media-src 'self' file:"
    title = page.plan.title or "A song"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", Html(style)),
    )
    body = el("body", _header(page, title), el("main", *_sections(page)), _footer(page), el("script", Html(script)))
    return "<!doctype html>\n" + el("html", head, body, lang="en") + "\n"


def _sections(page: ReportData) -> list[Html]:
    colours = role_colours([stem.role for stem in page.mix.stems] + [track.role for track in page.arrangement.tracks])
    emotion = page.intent.emotion
    over_time = join(_legend(page, colours), lanes(page.plan, page.arrangement, page.master.audio, colours))
    feeling = el("div", circumplex(emotion, page.plan), el("div", dimensions(emotion), labels(emotion), class_="words"), class_="feeling")
    interview = page.intent.interview
    return [
        _section("listen", "Listen", _players(page, colours)),
        *([_section("answers", "What you answered", answers(interview, page.decisions))] if interview else []),
        _section("time", "The song over time", over_time),
        _section("feeling", "The feeling", feeling),
        _section("why", "Why it sounds like this", reasons(page.intent.prompt, page.decisions)),
        _section("chords", "Chords", chord_sheet(page.plan)),
        *([_section("words", "Words", sung_words(page.plan, page.words, page.arrangement.timeline.tempos))] if page.words else []),
        _section("figures", "Measured on the master", measurements(page.master.measurements)),
    ]


def _section(name: str, title: str, *content: Html) -> Html:
    return el("section", el("h2", title), *content, id=name, class_="card")


def role_colours(roles: Sequence[str]) -> dict[str, int]:
    """A colour number for each role: the known ones have their own, others share what is left."""
    unknown = [role for role in dict.fromkeys(roles) if role not in ROLE_COLOURS]
    return ROLE_COLOURS | {role: SPARE_COLOURS[index % len(SPARE_COLOURS)] for index, role in enumerate(unknown)}


def _header(page: ReportData, title: str) -> Html:
    plan, timeline = page.plan, page.arrangement.timeline
    tempos = sorted({round(change.bpm) for change in timeline.tempos.changes})
    minutes, seconds = divmod(round(timeline.tempos.seconds(timeline.end)), 60)
    facts = {
        "Key": f"{signs(str(plan.key.tonic))} {plan.key.mode}",
        "Tempo": f"{'–'.join(str(tempo) for tempo in dict.fromkeys((tempos[0], tempos[-1])))} bpm",
        "Meter": str(plan.meter),
        "Length": f"{minutes}:{seconds:02d}",
        "Bars": str(plan.bars),
        "Arc": plan.arc.replace("-", " "),
        "Style": plan.preset or "none",
        "Seed": str(plan.seed),
    }
    listed = el("dl", *(el("div", el("dt", name), el("dd", value)) for name, value in facts.items()), class_="facts")
    prompt = el("blockquote", marked_prompt(page.intent.prompt, page.decisions), title="What was asked for; marked words decided something")
    same = page.intent.prompt.strip().casefold().startswith(title.strip().casefold())
    return el(
        "header",
        el("p", f"daiw · from {'an interview' if page.intent.interview else 'a sentence'} to a song", class_="kicker"),
        el("h1", "The sentence" if same else title, class_="quiet" if same else None),
        prompt,
        listed,
    )


def _legend(page: ReportData, colours: Mapping[str, int]) -> Html:
    chips = [el("span", el("i", class_=f"dot c{colours[track.role]}"), track.role) for track in page.arrangement.tracks if track.notes]
    zoom = el(
        "span",
        *(
            el("button", f"{factor}×", type="button", data_zoom=str(factor), aria_pressed="true" if factor == 1 else "false")
            for factor in (1, 2, 4)
        ),
        class_="zoom needs-js",
        role="group",
        aria_label="Zoom",
    )
    return el("div", *chips, zoom, class_="legend")


def _players(page: ReportData, colours: Mapping[str, int]) -> Html:
    instruments = {track.role: track.instrument.replace("_", " ") for track in page.arrangement.tracks}
    rows = []
    for stem in page.mix.stems:
        path = f"stems/{stem.role}.wav"
        if path in page.files:
            dot, what = el("i", class_=f"dot c{colours[stem.role]}"), el("small", instruments.get(stem.role, "return"))
            who = el("span", dot, el("b", stem.role), what, class_="who")
            rows.append(el("li", who, _switches(stem.role), _audio(path, "none", f"Stem {stem.role}"), data_stem=stem.role))
    shown = []
    if "master.wav" in page.files:
        shown.append(el("div", _audio("master.wav", "metadata", "Master"), class_="master"))
    if rows:
        together = el("button", "Play the stems together", type="button", id="together", class_="needs-js", aria_pressed="false")
        note = el("small", "before mastering; M mutes, S solos", class_="needs-js")
        shown += [el("div", el("h3", "Stems"), together, note, class_="mixer-head"), el("ul", *rows, class_="mixer")]
    return join(*shown) if shown else el("p", "The audio files are not beside this page.", class_="note")


def _switches(role: str) -> Html:
    buttons = (
        el("button", letter, type="button", class_=kind, aria_pressed="false", aria_label=f"{word} {role}", title=word)
        for letter, kind, word in SWITCHES
    )
    return el("span", *buttons, class_="switches needs-js")


def _audio(path: str, preload: str, label: str) -> Html:
    return el("audio", src=quote(path, errors="replace"), controls=True, preload=preload, aria_label=label)


def _footer(page: ReportData) -> Html:
    top = [name for name in page.files if "/" not in name and name != "report.html"]
    links = [
        el("li", el("a", name, href=quote(name, errors="replace")), el("small", FILE_WORDS.get(name, "")))
        for name in sorted(top, key=lambda name: (name not in FILE_WORDS, name))
    ]
    versions = ", ".join(f"{name} {version}" for name, version in page.versions.items())
    hashes = [el("tr", el("th", name, scope="row"), el("td", el("code", value))) for name, value in page.hashes.items()]
    made = (
        el("h2", "Made with"),
        el("p", versions),
        el("p", f"Seed {page.plan.seed}. The same sentence, seed and versions give the same song."),
        el("details", el("summary", "Hashes"), el("table", *hashes)) if hashes else Html(""),
    )
    files = el("section", el("h2", "Files"), el("ul", *links, class_="files")) if links else Html("")
    return el("footer", files, el("section", *made))
