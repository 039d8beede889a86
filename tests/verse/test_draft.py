import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from daiw.errors import ModelError, PromptError
from daiw.music.interview import ASKED
from daiw.music.time import Meter
from daiw.singing.pronounce import pronounce_line
from daiw.verse.draft import ASKING_FRAMES, CLAUSE_FRAMES, ENDS, FRAMES, SCHEMES, Job, draft, frames_for, rhyme_of
from daiw.verse.endpoint import Endpoint, configured, draft_elsewhere
from daiw.verse.mirror import clauses_of, named_in
from daiw.verse.syllables import syllables_of

PROMPT = "my grandmother's kitchen is empty now, and the radio still plays her waltz, 80 bpm, with vocals"
OURS = {
    word
    for text in (*FRAMES, *CLAUSE_FRAMES, *ASKING_FRAMES, *ENDS)
    for word in text.casefold().replace("{np}", "").replace("{end}", "").split()
}


def near(text, others):
    """A stand-in for the sentence encoder: shared letters."""
    return tuple(len(set(text) & set(other)) / 30 for other in others)


def job(arc="rise-and-fall", bpm=90.0, seed=0, **kwargs):
    return Job(arc, Meter(4, 4), bpm, seed, **kwargs)


def drafted(prompt=PROMPT, **kwargs):
    return draft((("", prompt),), job(**kwargs), pronounce_line, near)


def test_the_persons_clauses_come_back_verbatim_and_every_line_holds_their_words():
    lyrics, decisions = drafted()
    lines = [line.text for line in lyrics.lines]
    assert "My grandmother's kitchen is empty now" in lines
    assert "And the radio still plays her waltz" in lines
    own = {line.choice: line.evidence for line in decisions if line.subject == "drafted line"}
    for line in lines:
        assert own[line]
        assert own[line].casefold() in PROMPT.casefold()
        assert own[line].casefold() in line.casefold()
        assert set(line.casefold().replace(",", "").split()) <= OURS | set(PROMPT.casefold().replace(",", "").split())


def test_directions_are_not_sung():
    assert "bpm" not in drafted()[0].text
    assert "vocals" not in drafted()[0].text
    assert clauses_of("Write me a slow song about the night we lost the house, 80 bpm") == ["the night we lost the house"]
    assert named_in(["she left the old house for the sea"]) == ["the old house", "the sea"]


def test_verbs_and_vague_words_are_not_taken_for_things():
    assert named_in(["My brother left", "the car wouldn't start", "I feel numb at the same time", "that’ll do"]) == [
        "my brother",
        "the car",
    ]
    text = drafted(prompt="we fought about money; the car wouldn't start; she laughed anyway")[0].text
    assert "the car wouldn't start" in text.casefold()
    assert text.casefold().count("wouldn't") == text.casefold().count("the car wouldn't start")
    assert " My " not in drafted(prompt="My brother left for the north. He never wrote")[0].text


def test_a_question_is_quoted_and_not_made_a_reason():
    asked = "WHY DID YOU LEAVE ME"
    assert frames_for(asked) == ASKING_FRAMES
    assert frames_for("she laughed anyway") == CLAUSE_FRAMES
    assert frames_for("my grandmother's kitchen") == FRAMES
    lines = [line.text.casefold() for line in drafted(prompt=asked)[0].lines]
    assert any(line.startswith(("and i say", "say it again", "i keep asking")) for line in lines)
    assert not any(line.startswith(("because", "even if", "i know", "you can hear")) for line in lines)


@pytest.mark.parametrize(("arc", "scheme"), sorted(SCHEMES.items()))
def test_the_arc_chooses_the_rhyme_scheme(arc, scheme):
    lyrics, _ = drafted(prompt="the last train has gone tonight and I am on the floor", arc=arc)
    verse = next(section for section in lyrics.sections if section.name == "verse")
    sounds = [rhyme_of(syllables_of(line, pronounce_line)[1]) for line in verse.lines]
    first = {letter: scheme.index(letter) for letter in scheme}
    rhymed = [sounds[i] == sounds[first[letter]] for i, letter in enumerate(scheme) if first[letter] != i]
    assert rhymed
    assert all(rhymed)


def test_it_is_the_same_draft_for_the_same_seed_and_another_for_another():
    assert drafted(seed=3) == drafted(seed=3)
    assert drafted(seed=3)[0] != drafted(seed=4)[0]


def test_lines_grow_with_the_room_that_the_tempo_leaves():
    counts = {}
    for bpm in (160.0, 95.0):
        lyrics, _ = drafted(bpm=bpm)
        ours = [line for line in lyrics.lines if not line.text.endswith(("empty now", "her waltz"))]
        counts[bpm] = sum(len(syllables_of(line, pronounce_line)[1]) for line in ours) / len(ours)
    assert counts[95.0] > counts[160.0]


def test_a_form_with_rounds_and_a_bridge():
    names = [section.name for section in drafted(rounds=2, bridge=True)[0].sections]
    assert names == ["verse", "chorus", "verse", "chorus", "bridge", "chorus"]
    assert [section.name for section in drafted(rounds=1, bridge=False)[0].sections] == ["verse", "chorus"]


def test_nothing_to_sing_is_said():
    with pytest.raises(PromptError, match="only directions"):
        drafted(prompt="slow jazz waltz, 90 bpm")


# --- the optional drafter elsewhere


class _Server(BaseHTTPRequestHandler):
    answer: object = None
    asked: dict = {}  # noqa: RUF012

    def do_POST(self):
        type(self).asked = {
            "path": self.path,
            "key": self.headers["Authorization"],
            **json.loads(self.rfile.read(int(self.headers["Content-Length"]))),
        }
        body = json.dumps(self.answer).encode() if not isinstance(self.answer, bytes) else self.answer
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture
def server():
    http = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/v1"
    http.shutdown()
    thread.join()
    http.server_close()


def said(text):
    return {"choices": [{"message": {"content": text}}]}


def test_nothing_is_configured_by_default():
    assert configured({}) is None
    with pytest.raises(ModelError, match="no http address"):
        configured({"DAIW_DRAFTER_URL": "file:///etc/passwd"})


def test_a_configured_drafter_is_asked_and_its_lines_say_so(server):
    _Server.answer = said("[Verse 1]\nthe kitchen hums\n[Chorus]\nher waltz")
    endpoint = configured({"DAIW_DRAFTER_URL": server + "/", "DAIW_DRAFTER_MODEL": "tiny", "DAIW_DRAFTER_KEY": "k"})
    lyrics, decisions = draft_elsewhere(PROMPT, "two verses", endpoint)
    assert lyrics.origin == "draft"
    assert [line.text for line in lyrics.lines] == ["the kitchen hums", "her waltz"]
    assert _Server.asked["path"] == "/v1/chat/completions"
    assert (_Server.asked["model"], _Server.asked["key"]) == ("tiny", "Bearer k")
    assert PROMPT in _Server.asked["messages"][1]["content"]
    assert all("tiny at http://127.0.0.1" in decision.because for decision in decisions)


@pytest.mark.parametrize("answer", [b"not json", {"choices": []}, [1], said("[Guitar]\nla"), said(""), said("x" * 2000)])
def test_what_is_no_lyrics_is_refused_with_a_way_out(server, answer):
    _Server.answer = answer
    with pytest.raises(ModelError, match="unset DAIW_DRAFTER_URL"):
        draft_elsewhere(PROMPT, "two verses", Endpoint(server, "tiny"))


def test_a_drafter_that_is_not_there():
    with pytest.raises(ModelError, match="cannot be reached"):
        draft_elsewhere(PROMPT, "two verses", Endpoint("http://127.0.0.1:9", "tiny"))


ANSWERS = (
    (ASKED["event"], "my brother left for the army in March and I did not wave"),
    (ASKED["mood"], "a stone in the chest"),
    (ASKED["longing"], "I want to hear him laugh"),
    (ASKED["resistance"], "we never talk about it at home"),
)


def test_of_answers_the_longing_is_the_hook_and_what_is_hard_to_say_the_bridge():
    lyrics, decisions = draft(ANSWERS, job(), pronounce_line, near)
    by_name = {}
    for section in lyrics.sections:
        by_name.setdefault(section.name, section.lines)
    assert [line.text for line in by_name["chorus"]][::2] == ["I want to hear him laugh"] * 2
    assert by_name["bridge"][0].text == "We never talk about it at home"
    assert by_name["verse"][0].text == "My brother left for the army in March"
    because = {told.choice: told.because for told in decisions if told.subject == "drafted line"}
    assert because["We never talk about it at home"] == "your own words, when you were asked what makes it hard to say"
    assert all(any(asked in why for asked in ASKED.values()) for why in because.values())
    own = {told.choice: told.evidence for told in decisions if told.subject == "drafted line"}
    assert "the chest" not in {words for line, words in own.items() if "a stone" not in line}  # a feeling is no thing of the story


def test_without_a_bridge_what_is_hard_to_say_is_said_in_a_verse():
    answers = (ANSWERS[2], ANSWERS[3])
    text = [line.text for line in draft(answers, job(rounds=1, bridge=False), pronounce_line, near)[0].lines]
    assert "We never talk about it at home" in text
