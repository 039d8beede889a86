import pytest

from daiw.errors import PromptError
from daiw.music.interview import ASKED, Interview, choices_of


def test_the_prompt_is_what_happened_what_it_feels_like_and_the_sound():
    told = Interview(event="she left.", mood=" a stone ", longing="to laugh", sound="slow jazz", resistance="pride")
    assert told.prompt == "she left. a stone. slow jazz"
    assert told.felt == "she left. a stone"
    assert Interview(event="she left").prompt == "she left"


def test_what_was_told_comes_with_its_question_in_the_persons_words():
    told = Interview(event="she left", longing="to laugh", sound="slow jazz").told
    assert told == ((ASKED["event"], "she left"), (ASKED["longing"], "to laugh"))


def test_what_is_missing_is_named():
    assert Interview().missing == ("event", "mood", "longing")
    assert Interview(event="she left", mood="  ", longing="to laugh").missing == ("mood",)


@pytest.mark.parametrize("name", ["openness", "conflict", "arc", "voice", "meaning"])
def test_a_choice_must_be_one_of_its_choices(name):
    for choice in choices_of(name):
        assert getattr(Interview(**{name: choice}), name) == choice
    with pytest.raises(ValueError, match=choices_of(name)[0]):
        Interview(**{name: "loud"})


def test_a_rule_needs_a_name_and_a_reason():
    assert Interview(rule="buriedvocals: far away").breaks[0].because == "far away"
    with pytest.raises(PromptError, match="why"):
        Interview(rule="BuriedVocals")
    with pytest.raises(PromptError, match="no rule"):
        Interview(rule="LoudVocals: why not")


def test_an_answer_has_an_end():
    with pytest.raises(ValueError, match="1300"):
        Interview(event="a" * 1301)
