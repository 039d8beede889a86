import re
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from time import perf_counter

import numpy as np
import pytest

from daiw.music.audio import Audio, Master, Mix
from daiw.music.score import Note
from daiw.report.page import report_html, role_colours

VOID = {"meta", "img"}
TOLD = (
    "F♯ minor", "120 bpm", "4/4", "0:12", "climb to climax", "lofi", "Because you said", "Rain is heard as sad.", "2 other ways",
    "70% sure", "What was understood", "F♯ m7♭5", "iø7", "same chords as intro, bars 1–2", "−14.0", "LUFS", "0.31", "sadness", "60%",
    "82475b91", "daiw 0.1.0", "Seed 7",
)  # fmt: skip


class Tree(HTMLParser):
    """Collects elements, texts and attributes, and complains about tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_every_tag_is_closed_and_every_id_unique(page):
    tree = Tree(report_html(page))
    ids = [attributes["id"] for _, attributes in tree.elements if "id" in attributes]
    assert len(ids) > 8
    assert len(set(ids)) == len(ids)
    targets = [attributes["href"] for attributes in tree.named("a") if attributes["href"].startswith("#")]
    assert targets == ["#d0"]
    assert set(target[1:] for target in targets) <= set(ids)


def test_it_tells_what_matters(page):
    text = " ".join(" ".join(Tree(report_html(page)).texts).split())
    for wanted in TOLD:
        assert wanted in text, wanted


def test_it_needs_nothing_from_elsewhere(page):
    text = report_html(page)
    tree = Tree(text)
    links = [
        value
        for _, attributes in tree.elements
        for name, value in attributes.items()
        if name in ("src", "href", "poster", "action", "srcset")
    ]
    local = [link for link in links if not link.startswith(("#", "data:image/png;base64,"))]
    assert sorted(set(local)) == ["master.wav", "song.json", "song.mid", "stems/melody.wav", "stems/reverb.wav"]
    assert not re.search(r"https?:|//[a-z]|url\(|@import|ws:", re.sub(r"base64,[^\"]*", "", text))
    assert not {tag for tag, _ in tree.elements} & {"link", "iframe", "object", "embed", "base", "form"}


def test_hostile_text_stays_text(hostile):
    text = report_html(hostile)
    tree = Tree(text)
    assert len(tree.named("script")) == 1
    assert text.count("<script") == 1
    assert not [name for _, attributes in tree.elements for name in attributes if name.startswith("on")]
    assert {attributes["src"].split(",")[0] for attributes in tree.named("img")} == {"data:image/png;base64"}
    links = [attributes["href"] for attributes in tree.named("a")]
    assert "javascript%3Aalert%281%29" in links
    assert not [link for link in links if link.lower().startswith("javascript:")]
    text.encode()
    assert "\x00" not in text


def test_the_policy_lets_only_our_script_run(page):
    text = report_html(page)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    policy = next(a["content"] for a in Tree(text).named("meta") if a.get("http-equiv"))
    assert f"script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy


def test_players_for_the_files_that_are_there(page):
    sources = [attributes["src"] for attributes in Tree(report_html(page)).named("audio")]
    assert sources == ["master.wav", "stems/melody.wav", "stems/reverb.wav"]
    without = Tree(report_html(replace(page, files=())))
    assert without.named("audio") == []
    assert any("not beside this page" in text for text in without.texts)


def test_the_same_song_gives_the_same_page(page):
    assert report_html(page) == report_html(page)


@pytest.mark.parametrize("frames", [0, 1, 100, 4800])
def test_hardly_any_sound(page, frames):
    silent = Audio(np.zeros((2, frames), np.float32))
    told = Tree(report_html(replace(page, master=Master(silent), mix=Mix(silent, ()))))
    assert any(page.plan.title in text for text in told.texts)


def test_a_song_without_notes_sections_or_labels(page):
    plan = replace(page.plan, sections=(), harmony=())
    told = Tree(report_html(replace(page, plan=plan, arrangement=replace(page.arrangement, tracks=()), decisions=())))
    assert any(page.plan.title in text for text in told.texts)


def test_three_minutes_and_ten_thousand_notes_in_time(page):
    rng = np.random.default_rng(0)
    sound = Audio(rng.normal(0, 0.1, (2, 180 * 48_000)).astype(np.float32))
    notes = tuple(
        Note(int(start), 200, int(pitch), 80)
        for start, pitch in zip(np.sort(rng.integers(0, 6 * 1920, 10_000)), rng.integers(40, 90, 10_000), strict=True)
    )
    busy = replace(page.arrangement, tracks=(replace(page.arrangement.tracks[0], notes=notes),))
    report_html(page)
    start = perf_counter()
    text = report_html(replace(page, arrangement=busy, master=Master(sound)))
    assert perf_counter() - start < 6.0  # 0.7 s alone on one core; the margin is for busy machines
    assert len(text) < 2_000_000


def test_the_picture_is_a_png(page):
    source = Tree(report_html(page)).named("img")[0]["src"]
    assert b64decode(source.split(",")[1]).startswith(b"\x89PNG\r\n\x1a\n")


def test_known_roles_keep_their_colours_and_strangers_get_some():
    colours = role_colours(["melody", "piano", "Piano 2"])
    assert (colours["melody"], colours["piano"], colours["Piano 2"]) == (0, 6, 7)
