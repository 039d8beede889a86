"""Whether a text speaks of music at all: what makes "house at 124" a tempo and "she died at 92" none."""

import re

from daiw.music.instruments import FAMILIES

MUSIC_NOUNS = (
    "song", "track", "tune", "beat", "groove", "music", "melody", "ballad", "anthem", "banger", "jam", "riff", "loop", "piece",
    "instrumental", "soundtrack", "score", "cue", "theme", "remix", "chord", "chorus", "verse", "jingle", "hymn", "arrangement",
    "mix", "drop", "solo", "bpm", "tempo", "key of", "intro", "outro", "vocal", "production", "vibe", "interlude", "nocturne",
    "etude", "sonata", "suite", "march",
)  # fmt: skip
SURE_GENRES = (
    "lofi", "lo-fi", "lo fi", "synthwave", "retrowave", "techno", "edm", "jazz", "funk", "disco", "shoegaze", "dream pop",
    "dream-pop", "waltz", "lullaby", "hip hop", "hip-hop", "boom bap", "boom-bap", "chillhop", "ambient", "afrobeat",
    "bossa nova", "bossa", "neo-soul", "neo soul", "r&b", "rnb", "grunge", "punk", "post-punk", "indie folk", "indie rock",
    "synth-pop", "synthpop", "reggae", "ska", "dubstep", "drum and bass", "bluegrass", "americana", "drill", "orchestral",
    "blues", "gospel", "k-pop", "post-rock", "death metal", "doom metal", "heavy metal", "salsa",
)  # fmt: skip
AMBIGUOUS_INSTRUMENTS = {
    "bell", "chime", "horn", "string", "beat", "kick", "snare", "recorder", "pad", "bass", "organ", "pluck", "drone", "ep", "ooh",
    "aah", "drum", "harp", "arp", "orchestra", "vibes", "percussion", "celeste", "horns", "clav", "b3",
}  # fmt: skip
"""Words that are instruments only where other words speak of music."""


def _alternatives(words: tuple[str, ...] | set[str]) -> str:
    return "|".join(re.escape(word) + "s?" for word in sorted(words, key=lambda word: (-len(word), word)))


_SURE_INSTRUMENTS = tuple(word for family in FAMILIES.values() for word in family.words if word not in AMBIGUOUS_INSTRUMENTS)
_MUSICAL = re.compile(rf"\b(?:{_alternatives(MUSIC_NOUNS + SURE_GENRES + _SURE_INSTRUMENTS)})(?!\w)", re.IGNORECASE)
_NOT_MUSIC = re.compile(r"\b(?:in a funk|all that jazz|drums? of war|heart ?strings|no strings attached|pieces|mixed)\b", re.IGNORECASE)


def is_musical(text: str) -> bool:
    """True where a word speaks of music beyond doubt: a genre, an instrument, "song", "bpm".

    >>> is_musical("a techno track"), is_musical("the house is empty"), is_musical("in a funk")
    (True, False, False)
    """
    return _MUSICAL.search(_NOT_MUSIC.sub(" ", text)) is not None
