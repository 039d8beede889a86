"""A given tune with words."""

from tests.composer.test_vocal import STYLE, VOICE, sung_plan

from daiw.composer.given import GivenComposer
from daiw.composer.reference import ReferenceComposer
from daiw.music.given import Given
from daiw.music.score import Note

__all__ = ["sung_plan"]
TUNE = tuple(Note(bar * 1920 + beat * 240, 240, 76 + (beat % 3) * 2, 80) for bar in range(4) for beat in range(7))


def test_the_voice_sings_the_given_tune_an_octave_lower_and_nobody_else_plays_it_there(sung_plan):
    plan = sung_plan(
        words="[Verse]\nThe last train has gone\nThe platform is quiet\n[Chorus]\nLeave a light on for me", form="intro:4 verse:4 chorus:4"
    )
    composer = GivenComposer(Given(melody=TUNE, melody_bars=4), ReferenceComposer(STYLE))
    sung = composer.write(plan, "vocal", ()).notes
    syllables = [syllable.text for line in plan.words for syllable in line.syllables]
    assert [note.lyric for note in sung if note.phonemes and note.lyric != "Ooh"] == syllables
    assert {note.pitch for note in sung} <= {64, 66, 68}
    assert all(VOICE.low <= note.pitch <= VOICE.high for note in sung)
    given = {(note.start % (4 * 1920), note.pitch - 12) for note in TUNE}
    assert {(note.start % (4 * 1920), note.pitch) for note in sung} <= given
    assert "1 octave lower" in [decision.choice for decision in composer.decisions]
    assert all(note.start < 4 * 1920 for note in composer.write(plan, "melody", ()).notes)
