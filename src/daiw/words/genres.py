"""Genre words: which are sure, which need company, and how excited each usually is."""

import re
from collections.abc import Mapping, Sequence

from daiw.words.found import Found, denied
from daiw.words.musical import MUSIC_NOUNS, is_musical

AROUSAL: dict[str, float] = {
    "ambient": -0.8, "drone": -0.8, "new age": -0.7, "meditation": -0.8, "spa": -0.8, "lullaby": -0.8, "music box": -0.6, "nocturne":
    -0.6, "doom": -0.3, "doom metal": -0.3, "funeral doom": -0.6, "slowcore": -0.6, "adagio": -0.6, "requiem": -0.5, "ballad": -0.4,
    "chamber": -0.2, "lofi": -0.5, "lo-fi": -0.5, "lo fi": -0.5, "chillhop": -0.5, "chillout": -0.5, "downtempo": -0.4, "trip hop":
    -0.3, "trip-hop": -0.3, "dream pop": -0.3, "dream-pop": -0.3, "shoegaze": 0.0, "bossa": -0.3, "bossa nova": -0.3, "waltz": -0.3,
    "singer-songwriter": -0.4, "confessional": -0.4, "acoustic": -0.3, "folk": -0.1, "indie folk": -0.2, "blues": -0.1, "jazz": 0.0,
    "soul": 0.0, "neo-soul": -0.2, "r&b": -0.1, "rnb": -0.1, "reggae": 0.0, "dub": -0.2, "gospel": 0.3, "country": 0.2, "hip-hop": 0.2,
    "hip hop": 0.2, "rap": 0.3, "boom bap": 0.2, "boom-bap": 0.2, "trap": 0.2, "drill": 0.3, "synthwave": 0.3, "outrun": 0.4,
    "soundtrack": 0.0, "cinematic": 0.1, "pop": 0.4, "indie pop": 0.3, "indie-pop": 0.3, "electropop": 0.6,
    "power pop": 0.6, "pop punk": 0.8,
    "pop-punk": 0.8, "bedroom pop": -0.2, "indie rock": 0.4, "alternative": 0.4, "rock": 0.5, "post-rock": 0.0, "swing": 0.4,
    "ska": 0.6, "funk": 0.5, "disco": 0.6, "salsa": 0.6, "samba": 0.6, "afrobeat": 0.5, "bluegrass": 0.6, "polka": 0.6, "march": 0.4,
    "house": 0.6, "deep house": 0.3, "techno": 0.6, "edm": 0.8, "dance": 0.6, "trance": 0.7, "dubstep": 0.7, "drum and bass": 0.8,
    "dnb": 0.8, "jungle": 0.8, "hardstyle": 0.9, "rave": 0.8, "grunge": 0.5, "punk": 0.8, "hardcore": 0.9, "metal": 0.8, "death metal":
    0.9, "black metal": 0.8, "thrash": 0.9, "industrial": 0.6, "epic": 0.6, "k-pop": 0.6, "hyperpop": 0.8,
}  # fmt: skip
"""Typical arousal -1..1 of a genre, our own reading of tempo and level (after Gabrielsson and Lindström 2010); a prior only."""

NEED_COMPANY = frozenset(
    (
        "house", "rock", "pop", "soul", "dance", "trap", "club", "country", "swing", "folk", "drone", "bedroom", "rap", "metal",
        "epic", "classical", "soundtrack", "acoustic", "electronic", "alternative", "confessional", "dub", "march", "jungle",
        "hardcore", "industrial", "doom", "spa", "meditation", "chamber", "808", "80s", "cinematic", "drill", "ballad", "rave",
        "trance", "beats", "new age", "score", "outrun", "latin", "indie", "lullaby", "music box", "waltz", "orchestra", "strings",
        "gothic", "garage", "grime",
    )
)  # fmt: skip
"""Genre words that are everyday words too; they count only beside other words of music, and never after "the", "my" or a verb."""

_FREE_WITHOUT_COMPANY = frozenset(("lullaby", "waltz", "80s", "cinematic", "808", "march", "soundtrack", "acoustic"))
_OWNED = re.compile(
    r"\b(?:the|my|our|his|her|their|your|this|that|every|each|to|a|an|and|we|i|they|you|could|can|will|let's|into|behind|rescued?|empty|burning|old|next)\s+$",
    re.IGNORECASE,
)
_NOUNS = (*MUSIC_NOUNS, "drums", "bass", "guitar", "piano", "metal", "rock", "pop", "vibes", "synth", "feel", "style", "session")
_NOUN_AFTER = re.compile(rf"[\s-]*(?:{'|'.join(map(re.escape, _NOUNS))})s?\b", re.IGNORECASE)
_IDIOM = re.compile(
    r"\b(?:in a funk|all that jazz|blue funk|rock bottom|on the rocks|trapped|soul mate|house of cards|in full swing|mood"
    r" swings?|swing set|country road|heavy metal (?:fence|door|box)|pop (?:quiz|up|the question)|"
    r"pop in(?! (?-i:[A-G])[ #b♯♭]| (?:major|minor|\d))|soda pop|heart "
    r"and soul|poor soul|not a soul|rap (?:sheet|on)|drill (?:sergeant|bit))\b",
    re.IGNORECASE,
)


def find_genres(prompt: str, vocabulary: Sequence[str]) -> tuple[Found[str], ...]:
    """The words of `vocabulary` that are meant as genres, in reading order, longest first where they overlap.

    >>> words = ["house", "deep house", "jazz", "rock"]
    >>> [f.value for f in find_genres("deep house at 122 bpm", words)], find_genres("the house is empty, I hit rock bottom", words)
    (['deep house'], ())
    """
    text = _IDIOM.sub(lambda match: "_" * len(match[0]), prompt)
    found: list[Found[str]] = []
    for word in sorted(set(vocabulary), key=lambda word: (-len(word), word)):
        for match in re.finditer(rf"(?<![\w&-]){re.escape(word)}(?![\w&]|-(?:and|like)\b)", text, re.IGNORECASE):
            overlaps = any(match.start() < other.end and other.start < match.end() for other in found)
            if not overlaps and not denied(text, match.start()) and _meant(text, match, word):
                found.append(Found(word, *match.span()))
    return tuple(sorted(found, key=lambda item: item.start))


def _meant(text: str, match: re.Match[str], word: str) -> bool:
    """Whether an everyday word is a genre here."""
    if word.lower() not in NEED_COMPANY:
        return True
    before, after = text[: match.start()], text[match.end() :]
    if _NOUN_AFTER.match(after):
        return True
    owned = _OWNED.search(before) is not None and not re.search(
        r"\b(?:make|want|give me|write)(?:\s+me)?\s+(?:a|an)\s+$", before, re.IGNORECASE
    )
    if word.lower() in _FREE_WITHOUT_COMPANY:
        return not (owned and word.lower() in ("80s", "808"))
    clause = re.split(r"[,;.!?]", before)[-1] + re.split(r"[,;.!?]", after)[0]
    alone = len(clause.split()) <= 1
    return not owned and (is_musical(before + " " + after) or (alone and not clause.strip()))


def genre_arousal(prompt: str) -> tuple[Found[str], float] | None:
    """The first genre word with a known arousal and that arousal, -1..1; None where no genre is named."""
    found = find_genres(prompt, tuple(AROUSAL))
    return (found[0], AROUSAL[found[0].value]) if found else None


def preset_of_genre(genre: str, genres_of_preset: Mapping[str, Sequence[str]]) -> str | None:
    """The preset that lists this genre word; None where no preset does."""
    wanted = genre.lower()
    return next((name for name, genres in genres_of_preset.items() if wanted in (word.lower() for word in genres)), None)
