import tomllib
from pathlib import Path

import pytest

from daiw.errors import PromptError
from daiw.music.intent import Wishes
from daiw.music.preset import About
from daiw.nets.emotion_heads import EmotionReader
from daiw.stages.understand import understand

PRESETS = {
    path.stem: About(**{**(table := tomllib.loads(path.read_text())["about"]), "genres": tuple(table["genres"])})
    for path in sorted(Path(__file__).parents[2].joinpath("presets").glob("*.toml"))
}


@pytest.fixture(scope="module")
def reader():
    return EmotionReader()


def ask(prompt, reader, **options):
    return understand(prompt, reader, options=Wishes(**options), presets=PRESETS, seed=3)


def decision(intent, subject):
    return next(decision for decision in intent.decisions if decision.subject == subject)


def test_the_same_prompt_gives_the_same_intent(reader):
    prompt = "When I found you sleeping, in F major, 82 bpm, lo-fi"
    assert ask(prompt, reader) == ask(prompt, EmotionReader())


def test_every_number_comes_with_a_reason_and_a_confidence(reader):
    intent = ask("my dog died and I play the drums until my hands bleed", reader)
    for subject in ("valence", "arousal", "dominance", "feeling"):
        assert 0.0 < decision(intent, subject).confidence <= 1.0
    assert "dog died" in intent.prompt
    assert any(word in decision(intent, "valence").evidence for word in ("died", "dog", "bleed"))


def test_explicit_words_are_exact(reader):
    wishes = ask("sad waltz, 92 bpm, D dorian, 16 bars, cello, no drums", reader).wishes
    assert (wishes.bpm, str(wishes.key), str(wishes.meter), wishes.bars) == (92.0, "D dorian", "3/4", 16)
    assert (wishes.with_instruments, wishes.without_instruments) == (("cello",), ("drums",))


def test_an_option_outweighs_the_prompt_and_says_so(reader):
    intent = ask("slow, 60 bpm", reader, bpm=140.0)
    assert intent.wishes.bpm == 140.0
    assert "60 bpm" in decision(intent, "bpm").because


def test_two_tempos_in_one_prompt_are_told(reader):
    told = decision(ask("60 bpm at first, then 140 bpm", reader), "bpm")
    assert told.choice == "60 bpm"
    assert told.alternatives == ("140 bpm",)
    assert told.confidence < 1.0


def test_a_genre_word_chooses_the_preset_and_the_runners_up_stay(reader):
    intent = ask("a techno track about my mother", reader)
    assert intent.preset_ranking[0][0] == "house"
    assert len(intent.preset_ranking) == len(PRESETS)


def test_an_unknown_preset_names_its_neighbours(reader):
    with pytest.raises(PromptError, match="lofi"):
        ask("rain", reader, preset="lo-fii")


@pytest.mark.parametrize(
    ("prompt", "message"),
    [("", "no words"), (" \n\t", "no words"), ("...!", "no words"), ("x" * 100_000, "4,000"), ("0 bpm", "20..300"), ("1e9 bpm", "20..300")],
)
def test_impossible_prompts_are_refused_in_one_line(prompt, message, reader):
    with pytest.raises(PromptError, match=message) as caught:
        ask(prompt, reader)
    assert "\n" not in str(caught.value)


def test_words_of_danger_are_met_with_care(reader):
    intent = ask("some nights I think about killing myself", reader)
    care = decision(intent, "care")
    assert "reach out" in care.because
    assert not any(char.isdigit() for char in care.because)
    assert not any(item.subject == "care" for item in ask("this beat is to die for", reader).decisions)


def test_emoji_speak_by_their_names(reader):
    assert ask("💔😭", reader).emotion.valence < 0 < ask("🎉💃", reader).emotion.valence


def test_another_language_is_read_with_less_confidence(reader):
    german = ask("Ich bin so traurig und alles ist grau und leer ohne dich", reader)
    english = ask("I am so sad and everything is grey and empty without you", reader)
    assert decision(german, "language").confidence > 0.5
    assert decision(german, "valence").confidence < decision(english, "valence").confidence


@pytest.mark.parametrize(
    ("prompt", "preset"),
    [
        ("I found her asleep and she never woke", "confessional-acoustic"),
        ("rain on my window, studying late at night, tired", "lofi"),
        ("driving through the city at night, neon lights", "synthwave"),
        ("I am furious, he betrayed me", "rock"),
        ("floating in space, no thoughts", "ambient"),
        ("my little daughter falls asleep with her teddy bear", "waltz"),
        ("a night in the club with my friends until sunrise", "house"),
        ("an old bar, whisky, a saxophone", "jazz"),
    ],
)
def test_the_fitting_preset_is_among_the_first_three(prompt, preset, reader):
    assert preset in [name for name, _ in ask(prompt, reader).preset_ranking[:3]]


def test_a_chosen_preset_leads_and_an_option_outweighs_a_genre(reader):
    assert ask("techno", reader, preset="jazz").preset_ranking[0] == ("jazz", 1.0)
