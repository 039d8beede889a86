"""An optional drafter elsewhere: any server that speaks OpenAI's chat completions, if and only if the person has configured one.

DAIW_DRAFTER_URL is the base address ("http://localhost:8080/v1"), DAIW_DRAFTER_MODEL the model's name, DAIW_DRAFTER_KEY a key where one is
wanted.  Without the first nothing is ever sent anywhere.  What comes back is as hostile as any lyric file.
"""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from daiw.errors import DaiwError, ModelError
from daiw.files.lyrics import MAX_BYTES, parse_lyrics
from daiw.music.decision import Decision
from daiw.music.lyrics import Lyrics

TIMEOUT_S = 120.0
INSTRUCTION = (
    "You draft song lyrics from a person's own words. Use their phrases verbatim where you can, write original lines, quote nobody else. "
    "Answer with the lyrics only: section tags like [Verse 1], [Chorus], [Bridge] alone on their lines, four short lines a section."
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """url: base address.  model: its name there.  key: sent as a bearer token; may be empty."""

    url: str
    model: str
    key: str = ""


def configured(environment: Mapping[str, str] | None = None) -> Endpoint | None:
    """The drafter that the person has configured; None, as a rule.  Raises ModelError for an address that is none."""
    values = os.environ if environment is None else environment
    url = values.get("DAIW_DRAFTER_URL", "").strip()
    if not url:
        return None
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ModelError(f"DAIW_DRAFTER_URL is no http address: {url!r}; write one like http://localhost:8080/v1, or unset it")
    return Endpoint(url.rstrip("/"), values.get("DAIW_DRAFTER_MODEL", "default"), values.get("DAIW_DRAFTER_KEY", ""))


def draft_elsewhere(prompt: str, wanted: str, endpoint: Endpoint) -> tuple[Lyrics, tuple[Decision, ...]]:
    """Lyrics of origin "draft" from the configured server.

    wanted: the form and meter in words.  Raises ModelError where the server cannot be reached or answers with something else than lyrics.
    """
    where = f"the drafter at {endpoint.url}"
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": f"{prompt}\n\n{wanted}"}]
    body = json.dumps({"model": endpoint.model, "messages": messages, "temperature": 0.8}).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {})
    request = urllib.request.Request(f"{endpoint.url}/chat/completions", body, headers)
    off = "unset DAIW_DRAFTER_URL to draft without it"
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            data = json.loads(answer.read(4 * MAX_BYTES))
        text = str(data["choices"][0]["message"]["content"])
    except (urllib.error.URLError, OSError) as error:
        raise ModelError(f"{where} cannot be reached: {getattr(error, 'reason', error)}; {off}") from error
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ModelError(f"{where} did not answer as chat completions do; {off}") from error
    try:
        lyrics = replace(parse_lyrics(text, "its answer"), origin="draft")
    except DaiwError as error:
        raise ModelError(f"{where} sent no lyrics that can be read: {error}; {off}") from error
    because = f"{endpoint.model} at {endpoint.url}, which you configured, drafted it from your prompt"
    return lyrics, tuple(Decision("understand", "drafted line", line.text, because, "", 0.4) for line in lyrics.lines)
