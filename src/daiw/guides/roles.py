"""Which role each track of a stranger's file plays: drums, bass, tune, chords, pad, second line."""

from statistics import mean

from daiw.guides.midi import Guide, tune_of
from daiw.music.score import Note, Part, Track

WORDS = {
    "bass": ("bass",), "pad": ("pad", "string", "choir"), "chords": ("chord", "piano", "keys", "guitar", "organ", "comp"),
    "counter": ("counter", "fill", "second"), "melody": ("melody", "lead", "vocal", "voice", "theme", "tune", "solo"),
}  # fmt: skip
LOW = 52


def roles_of(guide: Guide) -> tuple[Part, ...]:
    """A part for each role that the file fills; tracks that want the same role share it where that can sound several notes."""
    found: dict[str, list[Note]] = {}
    tune = set(tune_of(guide)) if guide.pitched else set()
    lead = next((track for track in guide.pitched if tune & set(track.notes)), None)
    for track in guide.arrangement.tracks:
        if track.notes:
            role = "drums" if track.drums else "melody" if track is lead else _role(track)
            if role in ("bass", "counter") and role in found:
                role = "chords"
            found.setdefault(role, []).extend(track.notes)
    return tuple(Part(role, tuple(sorted(set(notes)))) for role, notes in found.items())


def _role(track: Track) -> str:
    """By its name, else by its register and how many notes it sounds at once."""
    name = track.role.casefold()
    for role, words in WORDS.items():
        if role != "melody" and any(word in name for word in words):
            return role
    if mean(note.pitch for note in track.notes) < LOW:
        return "bass"
    starts = [note.start for note in track.notes]
    if len(set(starts)) < 0.7 * len(starts):
        return "pad" if mean(note.duration for note in track.notes) > 1200 else "chords"
    return "counter"
