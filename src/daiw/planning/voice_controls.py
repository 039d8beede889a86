"""What a singer reads beside the notes, as controllers that anybody can see and edit (`singing.directions` says what each does).

Effort (CC 74, neutral 64) and breathiness (CC 2) follow the feeling of each section in the direction of Scherer et al. 2017: sadness and
tenderness are sung with less effort, duller and with more noise, anger and joy with more effort, brighter.  A smile shortens the tract and
raises the formants (Tartter 1980), sadness lets them down: CC 20, by 3 % at most.  CC 11 and CC 1 are the
phrase's swell and vibrato, as for other players.  Rules that are broken on the voice itself turn drift, breaths and formants.
"""

from daiw.music.plan import Plan, Section
from daiw.music.rules import amount_of
from daiw.music.score import Control, Note

BREATH, DRIFT, BREATHS, SPREAD, FORMANT, EFFORT = 2, 16, 18, 19, 20, 74
MIDDLE = 64
WHISPER = 17
SPREADS = {"backing": 0.8, "backing low": 0.9, "double left": 1.0, "double right": 1.0, "whisper": 0.7, "ad-libs": 0.4}
"""How far another take stands from the voice, against what is asked of a double."""

SPREAD_FULL_MS = 40.0
"""What 127 on CC 19 means, together with 25 cents; 0 would leave it to the voice."""

CONFLICT = 58
"""Formant shift of a voice that does not fit, at full amount."""


SMILE = 16
"""Steps of CC 20 at full valence: 3 % of the formants."""


def voice_controls(plan: Plan, role: str, notes: tuple[Note, ...]) -> tuple[Control, ...]:
    """Effort and breath at each section that is sung; drift, breaths, spread and formant where they are not the voice's own."""
    if not notes:
        return ()
    side = {"double left": -1, "double right": 1}.get(role, 0)
    side_step = round(side * CONFLICT * amount_of(plan.breaks, "ConflictingTimbres"))
    ticks = plan.meter.bar_ticks
    events = [
        Control(section.start_bar * ticks, "cc", number, value)
        for section in plan.sections
        if role in section.roles
        for number, value in ((BREATH, breath(section)), (FORMANT, smile(section) + side_step), (EFFORT, effort(section)))
    ]
    steady = {SPREAD: spread(plan, role), DRIFT: round(127 * amount_of(plan.breaks, "PitchImperfection"))}
    steady[WHISPER] = 127 if role == "whisper" else 0
    steady[BREATHS] = round(MIDDLE + 40 * amount_of(plan.breaks, "BreathPauses"))
    neutral = {BREATHS: MIDDLE}
    events += [Control(0, "cc", number, value) for number, value in steady.items() if value != neutral.get(number, 0)]
    return tuple(sorted(events, key=lambda event: (event.tick, event.number)))


def spread(plan: Plan, role: str) -> int:
    """CC 19 of a role that sings with the voice, 1..127; 0 for the voice itself."""
    if role not in SPREADS or plan.voice is None:
        return 0
    return min(127, max(1, round(127 * SPREADS[role] * plan.voice.spread_ms / SPREAD_FULL_MS)))


def breath(section: Section) -> int:
    """Breathiness 0..127: little arousal and a helpless voice let air through."""
    return int(min(127, max(0, round(26 - 34 * section.emotion.arousal - 18 * section.emotion.dominance))))


def effort(section: Section) -> int:
    """Effort 0..127, 64 the voice as it is: arousal and the section's energy raise it."""
    return int(min(127, max(0, round(MIDDLE + 30 * section.emotion.arousal + 36 * (section.energy - 0.5)))))


def smile(section: Section) -> int:
    """Size of the mouth 0..127, 64 as it is: pleasant feelings raise the formants, unpleasant ones lower them."""
    return round(MIDDLE + SMILE * section.emotion.valence)
