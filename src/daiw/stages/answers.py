"""What answers say beyond a sentence: where the song goes, how open it is, what a mismatch means.  Each leaves a decision."""

from dataclasses import replace
from typing import Protocol

from daiw.music.decision import Decision
from daiw.music.emotion import Emotion, EmotionReading
from daiw.music.intent import Intent, Wishes
from daiw.music.interview import CONFLICT, MEANINGS, OPENNESS, Interview
from daiw.words.keys import find_keys, find_modes

DARK, BRIGHT = -0.25, 0.2
"""Valence below which something dark was told, and above which a sound is bright."""

BRIGHT_MODES = {"major": 0.6, "lydian": 0.6, "mixolydian": 0.3, "dorian": -0.1, "minor": -0.5, "phrygian": -0.7, "locrian": -0.8}
"""Mode -> how bright a person means it who asks for it, as a valence."""

HELD_BACK = 0.3
"""Share that what makes it hard to say has in the song's dominance."""

SOUND = 0.25
"""Share that the words for the sound have in the feeling, beside what happened and what it feels like."""

LONGED_FOR = 0.4
"""Share that a longing has in where the song goes, beside what was said of its end."""

BESIDE_TRUTH = 0.25
"""Share that both have where the song goes towards what happened."""


class Feeler(Protocol):
    """Hears the feeling of a text; `nets.emotion_heads.EmotionReader` is one."""

    def feel(self, text: str, *, bpm: float | None = None, genre_arousal: float | None = None) -> EmotionReading:
        """The feeling of an English text."""
        ...


def mismatch(interview: Interview, reader: Feeler) -> bool:
    """Whether what happened is dark and the sound asked for is bright; False where they agree or one of them is not known.

    A mode that was named says more of a sound than the other words for it.
    """
    if not interview.event.strip() or not interview.sound.strip():
        return False
    told = reader.feel(interview.event).emotion.valence
    modes = [key.value.mode for key in find_keys(interview.sound)] or [mode.value for mode in find_modes(interview.sound)]
    sound = BRIGHT_MODES.get(modes[0], 0.0) if modes else reader.feel(interview.sound).emotion.valence
    return told <= DARK and sound >= BRIGHT


def wished(interview: Interview, options: Wishes) -> Wishes:
    """The options, with what the answers ask for in so many words where no option says otherwise."""
    sings = {"": None, "nobody": False, "vowels": True, "draft": True}[interview.voice]
    return replace(
        options, sung=sings if options.sung is None else options.sung, arc=options.arc or interview.arc or None,
        breaks=(*options.breaks, *(each for each in interview.breaks if each.rule not in {told.rule for told in options.breaks})),
        openness=OPENNESS.get(interview.openness), conflict=CONFLICT.get(interview.conflict),
    )  # fmt: skip


def taken_up(intent: Intent, interview: Interview, reader: Feeler) -> Intent:
    """The intent with everything that the answers say and its prompt does not; every answer that was given leaves a decision.

    The words for the sound have a share in the feeling, and the meaning of a mismatch moves it; what makes it hard to say has a share in
    dominance; longing and transformation are where the song goes (`Intent.destination`).
    """
    decisions: list[Decision] = []

    def note(subject: str, choice: str, because: str, evidence: str = "", confidence: float = 0.9, others: tuple[str, ...] = ()) -> None:
        decisions.append(Decision("understand", subject, choice, because, evidence, confidence, others))

    emotion, wishes = intent.emotion, intent.wishes
    if missing := interview.missing:
        note("sketch", f"made without {', '.join(missing)}", "You asked for a sketch before everything was said.", confidence=1.0)
    if interview.sound.strip():
        emotion = emotion.towards(reader.feel(interview.sound).emotion, SOUND)
        because = f"The words for the sound have a share of {SOUND:.0%} in the feeling: {_told(intent.emotion)} becomes {_told(emotion)}."
        note("sound", f"valence {emotion.valence:+.2f}, arousal {emotion.arousal:+.2f}", because, interview.sound, 0.6)
    meaning = MEANINGS.get(interview.meaning)
    if meaning:
        emotion = _moved(emotion, meaning.valence, meaning.arousal, meaning.dominance)
        because = f"What happened is dark and the music shall be bright; you mean it as {interview.meaning}: {meaning.does}."
        note("mismatch", interview.meaning, because, interview.event, others=tuple(name for name in MEANINGS if name != interview.meaning))
        wishes = replace(wishes, arc=wishes.arc or meaning.arc or None)
    if interview.resistance.strip():
        held = reader.feel(interview.resistance).emotion.dominance
        emotion = replace(emotion, dominance=_unit((1 - HELD_BACK) * emotion.dominance + HELD_BACK * held))
        because = f"What makes it hard to say has a share of {HELD_BACK:.0%} in how much in control the song is."
        note("what holds you back", f"dominance {emotion.dominance:+.2f}", because, interview.resistance, 0.6)
    destination, evidence = _destination(interview, reader), "; ".join(filter(None, (interview.transformation, interview.longing)))
    if meaning and meaning.darkens:
        told = replace(reader.feel(interview.event).emotion, labels=())
        destination = told.towards(destination, BESIDE_TRUTH) if destination else told
        evidence = "; ".join(filter(None, (interview.event, evidence)))
    if destination is not None:
        because = "The sections move from how it feels to this, in energy, density and voice, and the song ends as this asks."
        note("where it goes", f"from {_told(emotion)} to {_told(destination)}", because, evidence, 0.7)
    for subject, answer, because in (
        ("openness", interview.openness, "The more is shown, the softer, sparser and looser it is played."),
        ("conflict", interview.conflict, "The more you are torn, the more the chords are suspended, borrowed and rub."),
    ):
        if answer:
            note(subject, answer, because, answer)
    return replace(
        intent, emotion=emotion, wishes=wishes, destination=destination, interview=interview, decisions=(*intent.decisions, *decisions)
    )


def _destination(interview: Interview, reader: Feeler) -> Emotion | None:
    """Where the song goes: what was said of its end, with a share of the longing."""
    end, longing = (
        replace(reader.feel(text).emotion, labels=()) if text.strip() else None for text in (interview.transformation, interview.longing)
    )
    return end.towards(longing, LONGED_FOR) if end and longing else end or longing


def _moved(emotion: Emotion, valence: float, arousal: float, dominance: float) -> Emotion:
    return replace(
        emotion, valence=_unit(emotion.valence + valence), arousal=_unit(emotion.arousal + arousal),
        dominance=_unit(emotion.dominance + dominance),
    )  # fmt: skip


def _unit(value: float) -> float:
    return round(min(1.0, max(-1.0, value)), 4)


def _told(emotion: Emotion) -> str:
    """A feeling in two words."""
    mood = "bright" if emotion.valence > 0.2 else "dark" if emotion.valence < -0.2 else "mixed"
    pace = "stirred" if emotion.arousal > 0.2 else "calm" if emotion.arousal < -0.2 else "even"
    return f"{mood} and {pace}"
