"""The first hop: a sentence becomes an intent, with every reading's evidence and confidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from daiw.music.decision import Decision
from daiw.music.emotion import Emotion, EmotionReading
from daiw.music.intent import Intent, Wishes
from daiw.music.interview import Interview
from daiw.music.lyrics import Lyrics
from daiw.music.preset import About
from daiw.words.genres import genre_arousal
from daiw.words.hygiene import check_size, english_share, find_danger, find_emoji, spell_emoji
from daiw.words.wishes import read_wishes, without_figures

LYRIC_LANGUAGE = "language of the lyrics"
MOST_PIECES = 32
"""How many pieces of a prompt are left out in turn in the search for evidence."""


class Reader(Protocol):
    """Hears the feeling of a text and how near two texts are; `nets.emotion_heads.EmotionReader` is one."""

    def feel(self, text: str, *, bpm: float | None = None, genre_arousal: float | None = None) -> EmotionReading:
        """The feeling of an English text; a tempo and a genre's usual arousal move arousal where they are known."""
        ...

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Get ready for texts that will be asked about."""
        ...

    def nearness(self, text: str, others: Sequence[str]) -> tuple[float, ...]:
        """How near each other text is in meaning, -1..1."""
        ...


def understand(
    prompt: str, reader: Reader, *, options: Wishes, presets: Mapping[str, About], seed: int, lyrics: Lyrics | None = None,
    interview: Interview | None = None,
) -> Intent:  # fmt: skip
    """The feeling, the wishes and the nearest presets of a prompt; raises PromptError where it cannot be honoured.

    options: wishes given beside the prompt; they outweigh its words.  presets: what each preset says about itself.  lyrics: the words
    to be sung, which ask for a voice unless somebody refused one.  interview: where the prompt comes from answers, the feeling is that of
    what happened and what it feels like, and wishes are read in the answer about sound alone (`stages.answers` takes up the others).
    The wishes of `Intent.wishes` are exact; `preset_ranking` has scores 0..1, best first, its first the chosen one.
    """
    check_size(prompt)
    asks = lyrics is not None or options.voice is not None or options.draft or options.breaks or options.company
    if options.sung is None and (asks or options.blend_lu is not None or options.spread_ms is not None):
        options = replace(options, sung=True)
    asked = prompt if interview is None else f"{interview.sound} music"  # what was asked about sound: "pop" is no soda there
    wishes, decisions = read_wishes(asked, options, {name: about.genres for name, about in presets.items()})
    whole = spell_emoji(without_figures(prompt))
    text = whole if interview is None else spell_emoji(interview.felt) or whole
    hint = genre_arousal(asked)
    english = english_share(prompt)
    described = [sentence for about in presets.values() for sentence in _about(about)]
    reader.read_ahead([prompt, text, whole, *_without_a_piece(text), *described])
    reading = reader.feel(text, bpm=wishes.bpm, genre_arousal=hint[1] if hint else None)
    feeling = _feeling_decisions(text, reader, reading, trust=0.5 + 0.5 * english)
    ranking, choice = _rank(whole, reader, reading.emotion, wishes.preset, presets)
    remarks = _remarks(prompt, english) + (_lyric_remarks(lyrics) if lyrics is not None else ())
    return Intent(
        prompt=prompt,
        emotion=reading.emotion,
        wishes=wishes,
        decisions=(*remarks, *feeling, *decisions, *choice),
        preset_ranking=ranking,
        seed=seed,
        lyrics=lyrics,
    )


def _remarks(prompt: str, english: float) -> tuple[Decision, ...]:
    """What should be said before anything is chosen: care, a foreign language, emoji."""
    remarks = list(care_for(prompt))
    if english < 0.6:
        because = "the reader of feelings knows English best, so its numbers are less sure here; English words or options make them surer"
        remarks.append(
            Decision("understand", "language", "read as it stands, though it may not be English", because, "", round(1 - english, 2))
        )
    emoji = find_emoji(prompt)
    if emoji:
        remarks.append(Decision("understand", "emoji", ", ".join(emoji), "emoji are read by their Unicode names", " ".join(emoji), 0.8))
    return tuple(remarks)


def care_for(text: str) -> tuple[Decision, ...]:
    """A word of care where someone may be in danger; empty where nothing sounds so."""
    danger = find_danger(text)
    if not danger:
        return ()
    because = (
        "these words sound as if someone is hurting badly; a song can hold a feeling but cannot keep anyone safe. "
        "If it is you, please reach out now to a person you trust or to your local emergency or crisis service; "
        "you deserve company in this"
    )
    return (Decision("understand", "care", "the song is made as asked, with care", because, danger, 0.7),)


def _lyric_remarks(lyrics: Lyrics) -> tuple[Decision, ...]:
    """What should be said about the words before they are set."""
    text = " ".join(line.text for line in lyrics.lines)
    care, english = care_for(text), english_share(text)
    if english >= 0.6 or len(text.split()) < 4:
        return care
    choice = "sung as they stand, though they may not be English"
    because = "the voice knows English only: other languages are read by English rules, and sound so; braces say how a word is sung"
    return (*care, Decision("understand", LYRIC_LANGUAGE, choice, because, text[:60], round(1 - english, 2)))


def _feeling_decisions(text: str, reader: Reader, reading: EmotionReading, *, trust: float) -> tuple[Decision, ...]:
    """Valence, arousal, dominance and labels, each with the words that moved it most."""
    emotion = reading.emotion
    moved = _moves(text, reader)
    rows = (
        ("valence", emotion.valence, reading.valence_confidence, ("unpleasant", "in between", "pleasant")),
        ("arousal", emotion.arousal, reading.arousal_confidence, ("calm", "in between", "excited")),
        ("dominance", emotion.dominance, reading.dominance_confidence, ("helpless", "in between", "in control")),
    )
    decisions = []
    for axis, (name, value, confidence, poles) in enumerate(rows):
        pole = poles[1 + (value > 0.12) - (value < -0.12)]
        evidence = _strongest(moved, axis, value)
        because = f'leaving out "{evidence}" would change it most' if evidence else "the sentence as a whole sounds so"
        decisions.append(Decision("understand", name, f"{value:+.2f} ({pole})", because, evidence, round(confidence * trust, 2)))
    if emotion.labels:
        (first, chance), *others = emotion.labels
        because = "the likeliest name for what the sentence says; the three numbers steer the music, the name explains"
        evidence = _strongest(moved, 0, emotion.valence)
        decisions.append(
            Decision("understand", "feeling", first, because, evidence, round(chance * trust, 2), tuple(label for label, _ in others[:3]))
        )
    return tuple(decisions)


def _pieces(text: str) -> list[str]:
    """The clauses of a text, or its words where it has only one clause."""
    clauses = [clause.strip() for clause in re.split(r"(?<=[,;.!?])\s+|\s+(?=but\b|and\b|because\b|until\b)", text) if clause.strip()]
    pieces = clauses if len(clauses) > 3 else text.split()
    if len(pieces) > MOST_PIECES:
        step = -(-len(pieces) // MOST_PIECES)
        pieces = [" ".join(pieces[i : i + step]) for i in range(0, len(pieces), step)]
    return pieces


def _without_a_piece(text: str) -> dict[str, str]:
    """The text with one piece left out -> that piece, for every piece where there are several."""
    pieces = _pieces(text)
    return {" ".join(pieces[:i] + pieces[i + 1 :]): piece for i, piece in enumerate(pieces)} if len(pieces) > 1 else {}


def _moves(text: str, reader: Reader) -> list[tuple[str, tuple[float, float, float]]]:
    """Each piece of a text and by how much the feeling falls when it is left out: (valence, arousal, dominance)."""
    whole = reader.feel(text).emotion
    moves = []
    for rest_of_text, piece in _without_a_piece(text).items():
        rest = reader.feel(rest_of_text).emotion
        difference = (whole.valence - rest.valence, whole.arousal - rest.arousal, whole.dominance - rest.dominance)
        moves.append((piece.strip(" ,;.!?\"'"), difference))
    return moves


def _strongest(moves: list[tuple[str, tuple[float, float, float]]], axis: int, value: float) -> str:
    """The piece whose absence would move one axis furthest away from `value`; empty where none matters."""
    sign = 1.0 if value >= 0 else -1.0
    best, by = max(((piece, sign * change[axis]) for piece, change in moves), key=lambda item: item[1], default=("", 0.0))
    return best if by > 0.02 else ""


def _about(about: About) -> tuple[str, str]:
    """What a style says of its sound, with its title, and what it says it is for."""
    sentences = re.split(r"(?<=[.!?])\s+", about.description.strip())
    return f"{about.title}. {sentences[0]}", sentences[-1]


def _rank(
    text: str, reader: Reader, emotion: Emotion, chosen: str | None, presets: Mapping[str, About]
) -> tuple[tuple[tuple[str, float], ...], tuple[Decision, ...]]:
    """All presets, best first, with scores 0..1, and the decision where no word or option chose.

    A description's first sentence says how a style sounds and its last what it is for: the last counts twice and gives its feeling.
    Sound and use were weighed on 18 prompts (15 first, all among the first three), the distance of the feelings on 90 plainly told ones:
    at a weight of .05 griefs such as "the vet said it was time" were lo-fi, for studying.
    """
    names = sorted(presets)
    if not names:
        return (), ()
    about = {name: _about(presets[name]) for name in names}
    sound = reader.nearness(text, [about[name][0] for name in names])
    use = reader.nearness(text, [about[name][1] for name in names])
    scores = {}
    for name, near_sound, near_use in zip(names, sound, use, strict=True):
        own = reader.feel(about[name][1]).emotion
        apart = ((own.valence - emotion.valence) ** 2 + (own.arousal - emotion.arousal) ** 2) ** 0.5
        scores[name] = max(0.0, min(1.0, 0.5 + (near_sound + 2.0 * near_use) / 6.0 - 0.08 * apart))
    if chosen is not None:
        scores[chosen] = 1.0
    ranking = tuple(sorted(((name, round(score, 4)) for name, score in scores.items()), key=lambda item: (-item[1], item[0])))
    if chosen is not None or len(ranking) < 2:
        return ranking, ()
    (best, score), (_, second) = ranking[:2]
    because = f'its description, "{presets[best].description}", is nearest to the prompt in meaning and feeling'
    confidence = round(min(1.0, 0.4 + 4.0 * (score - second)), 2)
    return ranking, (Decision("understand", "preset", best, because, text[:200], confidence, tuple(name for name, _ in ranking[1:4])),)
