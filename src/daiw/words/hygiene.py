"""What kind of text a prompt is: its size, its language, its emoji, and whether someone may be in danger."""

import re
import unicodedata

from daiw.errors import PromptError

MAX_CHARACTERS = 4000

_STOP_WORDS_TEXT = (
    "a an and are as at be been but by can for from had has have he her his i i'm if in is it it's its just like make me my no not "
    "of on or our she so song some that the their them then there they this to up us was we were what when with you your "
)
_STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())
_FOREIGN_STOP_WORDS_TEXT = (
    "der die das und ist nicht ich ein eine mit für auf meine mein sie wir den dem im zu von es le la les et je tu il elle une un "
    "des est pas suis avec pour mon ma dans que qui el los las y yo mi con por para está una del qué no sin se lo che di non sono "
    "per mio gli della het een ik niet van uma meu minha não eu com jag och är på min nie się jest "
)
_FOREIGN_STOP_WORDS = frozenset(_FOREIGN_STOP_WORDS_TEXT.split())
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2764]")
_MODIFIERS = re.compile("[\ufe0f\u200d\U0001f3fb-\U0001f3ff]")
_DANGER = re.compile(
    r"\b(?:suicid\w*|kill(?:ing)?\s+my\s?self|end(?:ing)?\s+(?:my\s+life|it\s+all)|tak(?:e|ing|en)\s+my\s+own\s+life|took\s+(?:his|her|their)\s+own\s+life|"
    r"self[\s-]?harm\w*|hurt(?:ing)?\s+myself|cut(?:ting)?\s+(?:myself|my\s+(?:arms?|wrists?|skin))|hang(?:ing)?\s+myself|overdos\w+|"
    r"(?:don'?t|do\s+not|dont)\s+want\s+to\s+(?:live|be\s+alive|be\s+here(?:\s+anymore)?|exist|wake\s+up)\b|want(?:ed)?\s+to\s+die|wanna\s+die|wish\s+i\s+(?:was|were)\s+dead|"
    r"better\s+off\s+(?:without\s+me|dead)|no\s+reason\s+to\s+(?:live|go\s+on)|can'?t\s+go\s+on\s+living|goodbye\s+note|jump(?:ing)?\s+off\s+(?:the|a)\s+(?:bridge|roof))",
    re.IGNORECASE,
)
_NO_DANGER = re.compile(r"\bsuicide\s+(?:squad|doors?|bass)\b|\boverdose\s+of\s+(?:cute|joy|love|funk)\b", re.IGNORECASE)


def check_size(prompt: str) -> None:
    """Raise PromptError for a prompt without words or with more than `MAX_CHARACTERS`."""
    if not any(char.isalnum() or _EMOJI.match(char) for char in prompt):
        raise PromptError(
            'the prompt has no words; say what the song should feel like, for example: daiw make "rain on the last day of summer"'
        )
    if len(prompt) > MAX_CHARACTERS:
        raise PromptError(f"the prompt has {len(prompt):,} characters; the limit is {MAX_CHARACTERS:,}: keep what matters most")


def find_emoji(prompt: str) -> tuple[str, ...]:
    """The Unicode names, lower case, of the emoji in a text, each once, in reading order.

    >>> find_emoji("done 💔😭💔")
    ('broken heart', 'loudly crying face')
    """
    names = (unicodedata.name(char, "").lower() for char in _EMOJI.findall(prompt))
    return tuple(dict.fromkeys(name for name in names if name))


def spell_emoji(prompt: str) -> str:
    """The text with each emoji replaced by its Unicode name, said once, so that a reader of words can read it.

    >>> spell_emoji("party 🎉🎉")
    'party party popper'
    """
    seen: set[str] = set()

    def name(match: re.Match[str]) -> str:
        said = unicodedata.name(match[0], "").lower()
        fresh = said not in seen
        seen.add(said)
        return f" {said} " if fresh else " "

    return " ".join(_EMOJI.sub(name, _MODIFIERS.sub("", prompt)).split())


def english_share(prompt: str) -> float:
    """How English a text looks, 0..1: Latin script and stop words of English against those of its neighbours.

    >>> english_share("the rain on my roof"), english_share("Дождь на крыше"), english_share("ich bin nicht mehr mit der Welt")
    (1.0, 0.0, 0.0)
    """
    letters = [char for char in prompt if char.isalpha()]
    if not letters:
        return 1.0
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters) / len(letters)
    if latin < 0.5:
        return round(latin, 2) if latin > 0 else 0.0
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", prompt.lower())
    english = sum(word in _STOP_WORDS for word in words)
    foreign = sum(word in _FOREIGN_STOP_WORDS and word not in _STOP_WORDS for word in words)
    foreign += sum(any(ord(char) > 127 for char in word) for word in words)
    if foreign <= english:
        return 1.0
    return round(english / (english + foreign), 2)


def find_danger(prompt: str) -> str:
    """The words that speak of suicide or self-harm, or an empty string; a caring guess and no diagnosis.

    >>> find_danger("some days I want to die"), find_danger("this beat is to die for")
    ('want to die', '')
    """
    match = _DANGER.search(_NO_DANGER.sub(" ", prompt.replace("’", "'")))
    return match[0] if match else ""
