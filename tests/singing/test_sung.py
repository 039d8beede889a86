import itertools

from hypothesis import given
from hypothesis import strategies as st

from daiw.music.score import Note
from daiw.singing.sung import one_voice, phrases


def seconds(tick):
    return tick / 960.0


def words(*lyrics, ticks=480, gap=0):
    return tuple(Note(i * (ticks + gap), ticks, 60 + i, 80, lyric) for i, lyric in enumerate(lyrics))


def sounds(notes):
    return [[" ".join(sung.syllable.phonemes) for sung in phrase] for phrase in phrases(notes, seconds)]


def test_the_syllables_of_a_word_are_joined_to_look_it_up():
    assert sounds(words("hel-", "lo", "moth-", "er")) == [["HH AH0", "L OW1", "M AH1", "DH ER0"]]


def test_phonemes_on_the_note_win_over_its_text():
    assert sounds((Note(0, 480, 60, 80, "hello", ("B", "UW1")),)) == [["B UW1"]]


def test_a_melisma_holds_the_vowel_and_a_bare_note_does_too():
    [[first]] = phrases(words("day", "_", ""), seconds)
    assert [tone.pitch for tone in first.tones] == [60, 61, 62]


def test_a_held_mark_inside_a_word_takes_the_vowel_along():
    [phrase] = phrases(words("hel-", "_", "lo"), seconds)
    assert [len(sung.tones) for sung in phrase] == [1, 2] or [len(sung.tones) for sung in phrase] == [2, 1]
    assert sum(len(sung.tones) for sung in phrase) == 3


def test_a_note_too_few_sings_the_rest_of_the_word_on_the_last():
    [phrase] = phrases((Note(0, 480, 60, 80, "to-"), Note(480, 480, 62, 80, "morrow")), seconds)
    assert len(phrase) == 3
    assert phrase[0].end_s == 0.5
    assert phrase[1].start_s == 0.5
    assert phrase[2].end_s == 1.0


def test_notes_without_any_words_sing_oo_and_emoji_too():
    assert sounds((Note(0, 480, 60, 80), Note(960, 480, 60, 80, "🙂"))) == [["UW1"], ["UW1"]]


def test_a_rest_makes_a_new_phrase_and_a_short_gap_does_not():
    assert len(phrases(words("one", "two", gap=60), seconds)) == 1
    assert len(phrases(words("one", "two", gap=240), seconds)) == 2


def test_karaoke_marks_are_no_letters():
    assert sounds(words("\\Day", "/by")) == [["D EY1", "B AY0"]] or sounds(words("\\Day", "/by"))[0][0] == "D EY1"


def test_a_word_ends_where_its_last_syllable_does():
    [phrase] = phrases(words("hel-", "lo", "you"), seconds)
    assert [sung.ends_word for sung in phrase] == [False, True, True]


texts = st.sampled_from(["", "_", "la", "hel-", "lo", "x"])
notes = st.lists(
    st.builds(Note, st.integers(0, 4000), st.integers(1, 900), st.integers(40, 80), st.integers(1, 127), texts),
    min_size=1, max_size=12,
)  # fmt: skip


@given(notes)
def test_whatever_comes_every_tone_is_sung_once_in_order(given_notes):
    tones = [tone for phrase in phrases(given_notes, seconds) for sung in phrase for tone in sung.tones]
    starts = {seconds(note.start) for note in one_voice(given_notes)}
    assert starts <= {tone.start_s for tone in tones}
    assert all(a.start_s < b.start_s for a, b in itertools.pairwise(tones))
