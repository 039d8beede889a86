import pytest

from daiw.music.phoneme import syllabify
from daiw.music.score import Note
from daiw.singing.pronounce import pronounce_line
from daiw.singing.voice_net import shared_net


@pytest.fixture(scope="session")
def net():
    return shared_net()


def set_line(text, pitches=(60,), ticks=480, start=480):
    """A line of words on notes of one length, pitches in turn."""
    notes = []
    words = text.split()
    for word, phonemes in zip(words, pronounce_line(words), strict=True):
        syllables = syllabify(phonemes)
        for k, syllable in enumerate(syllables):
            text = word if len(syllables) == 1 else f"{k}" + "-" * (k + 1 < len(syllables))
            pitch = pitches[len(notes) % len(pitches)]
            notes.append(Note(start + ticks * len(notes), ticks, pitch, 80, text, syllable.phonemes))
    return tuple(notes)


@pytest.fixture
def line_of():
    return set_line
