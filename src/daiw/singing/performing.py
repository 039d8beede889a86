"""Phrases of syllables -> breaths of singing, with all their curves."""

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np

from daiw.music.phoneme import MANNERS, base, is_vowel
from daiw.music.vocal_line import STEP_S, SungPhoneme, VocalLine
from daiw.singing import directions as cc
from daiw.singing.curves import Times, dynamics, melody, vibrato, wander
from daiw.singing.directions import Directions
from daiw.singing.sung import Sung, Tone
from daiw.singing.timing import placed
from daiw.singing.voice import Voice
from daiw.singing.voice_net import UNIT_S, VoiceNet, spelled

CONSONANT_S = {
    "stop": (0.065, 0.14), "affricate": (0.105, 0.195), "fricative": (0.09, 0.195), "nasal": (0.075, 0.15), "liquid": (0.065, 0.135),
    "glide": (0.065, 0.12),
}  # fmt: skip
"""Shortest and longest consonant that is sung."""

LONGEST_GAP_S = 0.05
"""Most time that a word's last consonant gets for the gap after it; speech has as much (median of 257 gaps, 32 lines)."""

LEAD = "vocal"
BREATH_S = (0.16, 0.42)
"""Shortest and longest breath; it ends `BREATH_BEFORE_S` before the first sound."""

BREATH_BEFORE_S = 0.05
SPREAD_MS, SPREAD_CENTS, DRIFT_CENTS = 40.0, 25.0, 30.0
EFFORT_LEVEL_DB = 10.0
"""Level between no and full effort, half of what separates soft from loud singing (Sundberg 1987, p. 118): the mix keeps control."""

BREATHY_LEVEL_DB = -3.0


def spoken_lengths(phonemes: Sequence[str], ends_word: Sequence[bool], net: VoiceNet) -> tuple[dict[int, float], dict[int, float]]:
    """Seconds of every consonant as the voice would speak it, within what can be sung, and of the gaps after words; by index."""
    spelling = spelled(phonemes, ends_word)
    units = net.durations(spelling.ids)
    lengths: dict[int, float] = {}
    gaps: dict[int, float] = {}
    for k, owner in enumerate(spelling.owner):
        if owner >= 0:
            into = gaps if spelling.is_space(k) else lengths
            into[owner] = into.get(owner, 0.0) + UNIT_S * float(units[k])
    bounds = {i: CONSONANT_S[_manner(phoneme)] for i, phoneme in enumerate(phonemes) if not is_vowel(phoneme)}
    sung = {i: min(max(lengths[i], low), high) for i, (low, high) in bounds.items()}
    return sung, {i: min(gap, LONGEST_GAP_S) for i, gap in gaps.items() if i in bounds}


def _manner(phoneme: str) -> str:
    return "stop" if MANNERS[base(phoneme)] == "vowel" else MANNERS[base(phoneme)]


def perform_phrases(
    phrases: Sequence[Sequence[Sung]], voice: Voice, directions: Directions, net: VoiceNet, *, role: str = LEAD
) -> tuple[VocalLine, ...]:
    """Each phrase as one breath.

    role: "vocal" sings on the beat; any other role is another take, early or late and sharp or flat by the voice's spread.
    """
    lines: list[VocalLine] = []
    free_from = 0.0
    for number, phrase in enumerate(phrases):
        rng = np.random.default_rng((int(voice.seed), crc32(role.encode()), number))
        lines.append(_line(phrase, voice, directions, net, rng, free_from, lead=role == LEAD))
        free_from = lines[-1].end_s
    return tuple(lines)


def _line(
    phrase: Sequence[Sung], voice: Voice, directions: Directions, net: VoiceNet, rng: np.random.Generator, free_from: float, *, lead: bool
) -> VocalLine:
    start = phrase[0].start_s
    late_ms, cents = (0.0, 0.0) if lead else _spread(voice, directions, start, rng)
    if late_ms:
        phrase = [replace(sung, tones=tuple(_moved(tone, late_ms / 1000.0) for tone in sung.tones)) for sung in phrase]
    phonemes = [phoneme for sung in phrase for phoneme in sung.syllable.phonemes]
    ends = [sung.ends_word and k + 1 == len(sung.syllable.phonemes) for sung in phrase for k in range(len(sung.syllable.phonemes))]
    sounds = placed(phrase, *spoken_lengths(phonemes, ends, net), free_from)
    points = int(np.ceil((sounds[-1].end_s - sounds[0].start_s) / STEP_S)) + 1
    times: Times = np.asarray(sounds[0].start_s + STEP_S * np.arange(points), np.float64)
    tones = [tone for sung in phrase for tone in sung.tones]
    breath, breath_db = _breath(sounds, voice, directions, free_from)
    effort = np.clip(voice.effort + (directions.value(cc.EFFORT, times) - 64.0) / 127.0 + _touch(tones, times), 0.0, 1.0)
    air = np.clip(voice.breathiness + directions.value(cc.BREATHINESS, times) / 127.0, 0.0, 1.0)
    level = dynamics(phrase, times) + voice.level_db + EFFORT_LEVEL_DB * (effort - 0.5) + BREATHY_LEVEL_DB * air
    return VocalLine(
        phonemes=sounds,
        start_s=sounds[0].start_s,
        f0_hz=_pitch_hz(tones, times, voice, directions, rng, cents).astype(np.float32),
        level_db=level.astype(np.float32),
        effort=effort.astype(np.float32),
        breathiness=air.astype(np.float32),
        whisper=np.clip(voice.whisper + directions.value(cc.WHISPER, times) / 127.0, 0.0, 1.0).astype(np.float32),
        formant=(voice.formant * (1.0 + 0.12 * (directions.value(cc.FORMANT, times) - 64.0) / 63.0)).astype(np.float32),
        breath_s=breath,
        breath_db=breath_db,
    )


def _moved(tone: Tone, by_s: float) -> Tone:
    start = max(0.0, tone.start_s + by_s)
    return replace(tone, start_s=start, end_s=max(start + 0.03, tone.end_s + by_s))


def _spread(voice: Voice, directions: Directions, at_s: float, rng: np.random.Generator) -> tuple[float, float]:
    """Milliseconds late and cents sharp of one phrase of another take; kept within two standard deviations."""
    asked = directions.at(cc.SPREAD, at_s) / 127.0
    wide_ms, wide_cents = (asked * SPREAD_MS, asked * SPREAD_CENTS) if asked else (voice.timing_spread_ms, voice.cents_spread)
    late, sharp = np.clip(rng.standard_normal(2), -2.0, 2.0)
    return float(late * wide_ms), float(sharp * wide_cents)


def _touch(tones: Sequence[Tone], times: Times) -> Times:
    """Effort that the velocities ask for, about the voice's own."""
    middles = [0.5 * (tone.start_s + tone.end_s) for tone in tones]
    return np.interp(times, middles, [(tone.velocity - 80) / 250.0 for tone in tones])


def _pitch_hz(tones: Sequence[Tone], times: Times, voice: Voice, directions: Directions, rng: np.random.Generator, cents: float) -> Times:
    pitch = melody(tones, times, voice) + cents / 100.0
    width = voice.vibrato_cents + directions.value(cc.VIBRATO, times) * (100.0 / 127.0)
    pitch += vibrato(tones, times, voice, width, rng)
    drift = np.hypot(voice.drift_cents, directions.value(cc.DRIFT, times) * (DRIFT_CENTS / 127.0))
    pitch += drift / 100.0 * wander(len(times), 1.2, rng)
    pitch += directions.bend(times)
    result: Times = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    return result


def _breath(sounds: Sequence[SungPhoneme], voice: Voice, directions: Directions, free_from: float) -> tuple[tuple[float, ...], float]:
    """When the breath before a phrase is taken and how loud it is; none where there is no time for it."""
    end = sounds[0].start_s - BREATH_BEFORE_S
    start = max(free_from + 0.02, end - BREATH_S[1], 0.0)
    asked = directions.at(cc.BREATHS, sounds[0].start_s)
    if end - start < BREATH_S[0] or asked == 0.0:
        return (), voice.breath_db
    return (start, end), voice.breath_db + (asked - 64.0) * (18.0 / 63.0)
