"""The product on one page: seven verbs in order, and the three jobs made of them.

Each verb here is the stage of the same name with the installed machines filled in.  A stage is imported when it is first called:
reading a prompt should not wait for the libraries that master a song.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from daiw.clock import Clock, Watch
from daiw.errors import FileFormatError, PromptError
from daiw.files.lyrics import parse_lyrics
from daiw.files.midi import read_midi
from daiw.files.preset import find_preset, load_about, load_preset
from daiw.files.song import read_song_file
from daiw.guides.reading import Guides, guided, read_guides
from daiw.music.audio import Master, Mix, Stem
from daiw.music.given import NOTHING, Given
from daiw.music.intent import Intent, Wishes
from daiw.music.interview import ASKED, Interview
from daiw.music.lyrics import Lyrics, Voice
from daiw.music.mixing import MixSettings
from daiw.music.pitch import Key
from daiw.music.plan import Plan
from daiw.music.preset import About, Preset
from daiw.music.rules import RuleBreak
from daiw.music.score import Arrangement, Score
from daiw.music.time import Meter
from daiw.planning.given import given_locks, with_given
from daiw.planning.voices import checked_company
from daiw.song import Rendering, Song
from daiw.studio import DEFAULT_COMPOSER, Studio

STAGES = ("understand", "plan", "compose", "arrange", "render", "mix", "master")
PLAIN = Preset("plain", About("Plain", "A neutral balance for music that brings its own style."))
GUIDE = Voice("", 53, 76, 57, 69)
"""Words that nobody sings yet: an instrument plays them, in a range that most people reach."""


def understand(
    prompt: str | Interview, *, wishes: Wishes | None = None, preset: Preset | None = None, seed: int = 0, lyrics: Lyrics | None = None,
    studio: Studio | None = None,
) -> Intent:  # fmt: skip
    """What the prompt, or a person's answers, feel and ask for.

    wishes: options that win over the prompt's words.  preset: a style that is none of the installed ones.  seed: 0..2^63-1.
    lyrics: the words to be sung.
    Raises PromptError.
    """
    if not 0 <= seed < 2**63:
        raise PromptError(f"the seed {seed} is outside 0..2^63-1; any whole number from 0 will do")
    studio = studio or Studio()
    about = {name: load_about(path) for name, path in studio.preset_files.items()}
    if preset is not None:
        about[preset.name] = preset.about
    from daiw.stages.answers import taken_up, wished
    from daiw.stages.understand import understand as verb

    if isinstance(prompt, str):
        return verb(prompt, studio.reader, options=wishes or Wishes(), presets=about, seed=seed, lyrics=lyrics)
    options = wished(prompt, wishes or Wishes())
    intent = verb(prompt.prompt, studio.reader, options=options, presets=about, seed=seed, lyrics=lyrics, interview=prompt)
    return taken_up(intent, prompt, studio.reader)


def drafted(intent: Intent, preset: Preset, *, studio: Studio | None = None) -> Intent:
    """The intent with a draft of words made of its prompt, for the tempo, arc and length that the style will choose.

    The draft is ours unless a drafter is configured (`verse.endpoint`).  Raises PromptError where the prompt says nothing to sing.
    """
    from daiw.stages.plan import draft_of

    return draft_of(intent, preset.plan, studio or Studio())


def plan(intent: Intent, preset: Preset, *, composer: str = DEFAULT_COMPOSER, studio: Studio | None = None) -> Plan:
    """Form, energy, key, tempo and chords for `intent` in a style; who sings, and which words where.

    composer: "neural" or a folder of weights: form and progressions by a trained network; "mixed" and "reference" take the style's own.
    """
    from daiw.stages.plan import plan as verb

    studio = studio or Studio()
    harmonist = studio.harmonist(composer)
    if not (intent.wishes.sung or intent.lyrics):
        return with_given(verb(intent, preset.plan, preset=preset.name, harmonist=harmonist), intent.given)
    voice = studio.voice(intent.wishes.voice) if intent.wishes.sung is not False else GUIDE
    made = verb(intent, preset.plan, preset=preset.name, voice=voice, pronounce=studio.pronounce, harmonist=harmonist)
    return with_given(made, intent.given)


def compose(
    plan: Plan, preset: Preset, *, composer: str = DEFAULT_COMPOSER, given: Given = NOTHING, prompt: str = "", studio: Studio | None = None
) -> Score:
    """All parts, as notes on the grid.

    composer: "neural", "mixed", "reference" or a folder.  given: what is there already.  prompt: by which trained melodies are ranked, too.
    """
    from daiw.stages.compose import compose as verb

    return verb(plan, (studio or Studio()).composer(preset, composer, given, prompt))


def arrange(score: Score, plan: Plan, preset: Preset, *, given: Given = NOTHING, studio: Studio | None = None) -> Arrangement:
    """The parts in players' hands: instruments, registers, timing, dynamics.  given: what is played as it was given."""
    from daiw.composer.given import as_given
    from daiw.stages.arrange import arrange as verb

    arranged = verb(score, plan, preset.arrange, sounds=(studio or Studio()).sounds, played=given.feel)
    return as_given(arranged, score, given, plan)


def render(arrangement: Arrangement, preset: Preset, *, plan: Plan | None = None, studio: Studio | None = None) -> tuple[Stem, ...]:
    """One stereo stem a track, 48 kHz, through its instrument and the style's insert chain.

    plan: what automated parameters follow; None for music that we did not plan.
    """
    studio = studio or Studio()
    from daiw.stages.render import render as verb

    voices = [track.role for track in arrangement.tracks if any(note.lyric for note in track.notes)]
    renderers, inserts = studio.renderers(arrangement, plan), studio.inserts(preset, plan, voices)
    return verb(arrangement, renderers, inserts=inserts, on_failure=studio.on_plugin_failure, cache=studio.cache)


def mix(
    stems: Iterable[Stem], preset: Preset, *, plan: Plan | None = None, settings: MixSettings | None = None, done: Collection[str] = ()
) -> Mix:
    """The stems balanced, placed and summed.

    stems: an iterator has them let go of one by one.  plan: None for music that we did not plan.  settings: an earlier mix's, so that
    nothing is moved.  done: stems finished by it.
    """
    from daiw.stages.mix import mix as verb

    return verb(stems, preset.mix, plan=plan, settings=settings, done=done)


def master(mix: Mix, preset: Preset, *, plan: Plan | None = None) -> Master:
    """The mix at its loudness target, under its true-peak ceiling."""
    from daiw.stages.master import master as verb

    return verb(mix, preset.master, plan=plan)


def make(
    prompt: str | Interview, *, preset: str | Preset | None = None, seed: int = 0, bpm: float | None = None, key: str | None = None,
    meter: str | None = None, bars: int | None = None, minutes: float | None = None, composer: str = DEFAULT_COMPOSER,
    lyrics: str | Lyrics | None = None, sing: bool | None = None, voice: str | None = None, draft_lyrics: bool = False,
    breaks: Sequence[str | RuleBreak] = (), company: Sequence[str] | None = None,
    blend_lu: float | None = None, spread_ms: float | None = None, guides: Guides | None = None, arc: str | None = None,
    sketch: bool = False, instruments: Mapping[str, str] | None = None,
    on_plugin_failure: str | None = None, studio: Studio | None = None, watch: Watch | None = None, cache: bool = True,
) -> Song:  # fmt: skip
    """Turn a sentence, or a person's answers to an interview, into a song.

    Answers must say what happened, what it feels like and what is longed for, unless sketch is True.
    preset: a name or a Preset; without one, the nearest to the prompt.  bpm, key ("F minor"), meter ("3/4"), bars, minutes: hold
    exactly, whatever the prompt says.  composer: "neural", trained transformers; "mixed", theory with a trained drummer; "reference",
    theory alone; or a folder of weights that `daiw train --on` made.
    company: who sings with the voice, of "harmonies", "doubles", "whispers" and "ad-libs"; empty for nobody, None for whom the style takes.
    blend_lu, spread_ms: how much louder than usual these stand beside the voice (-12..12) and how far a double lies from it in time (0..40,
    standard deviation); None as the style has it.
    lyrics: words to sing, as a lyric file has them.  sing: False leaves them in the notes for somebody else; True without lyrics sings
    vowels.  voice: who sings.  draft_lyrics: words are made of the prompt's own sentences.  breaks: rules of the voice to break,
    "BuriedVocals: because ...".  instruments: role -> manifest, whatever the style would take.  on_plugin_failure: "fallback" lets an
    external plugin's declared fallback play where it fails, and says so; "stop" raises.
    guides: a tune, chords, a groove, a beginning or a hum to keep exactly, by file.  arc: the shape of the song's energy, of `ARCS`.
    The same arguments and version give the same song on one kind of processor, and theory's the same everywhere.
    watch: told each stage as it begins.  cache: False renders every stem afresh,
    though it sounds the same; where a studio is given, the studio decides.
    Raises PromptError, PresetError, PluginError or ModelError.

        song = daiw.make("we danced until the lights came on", seed=3)
        song.save("lights")
    """
    own, studio, clock = studio is None, _studio(studio, on_plugin_failure, cache), Clock(watch)
    composer = studio.named(composer)
    if isinstance(prompt, Interview):
        if prompt.missing and not sketch:
            unsaid = ", ".join(ASKED[name] for name in prompt.missing)
            raise PromptError(f"the answers do not say {unsaid}; answer that first, or ask for a sketch (--sketch)")
        draft_lyrics = draft_lyrics or (prompt.voice == "draft" and lyrics is None)
    with clock.stage("understand"):
        chosen = find_preset(preset) if isinstance(preset, str) else preset
        wishes = Wishes(
            bpm=bpm,
            key=Key.parse(key) if key is not None else None,
            meter=Meter.parse(meter) if meter is not None else None,
            bars=bars,
            minutes=minutes,
            preset=chosen.name if chosen else None,
            sung=sing,
            voice=voice,
            company=checked_company(company),
            blend_lu=blend_lu,
            spread_ms=spread_ms,
            draft=draft_lyrics,
            arc=arc,
            breaks=tuple(each if isinstance(each, RuleBreak) else RuleBreak.parse(each) for each in breaks),
        )
        asked = wishes
        given, wishes = read_guides(guides, wishes) if guides else (NOTHING, wishes)
        words = parse_lyrics(lyrics) if isinstance(lyrics, str) else lyrics
        intent = understand(prompt, wishes=wishes, preset=chosen, seed=seed, lyrics=words, studio=studio)
        intent = replace(intent, given=given, decisions=guided(intent.decisions, asked, wishes))
        chosen = chosen or load_preset(studio.preset_files[intent.preset_ranking[0][0]])
        chosen = studio.played_by(chosen, instruments or {})
        if draft_lyrics and words is None:
            intent = drafted(intent, chosen, studio=studio)
    if own:
        studio.forget_reader()
    return _made(intent, chosen, composer, studio, clock, forget=own)


def from_intent(
    intent: Intent, preset: Preset, *, composer: str = DEFAULT_COMPOSER, studio: Studio | None = None, clock: Clock | None = None
) -> Song:
    """The song of an intent that is already understood, in a style: the six stages after `understand`."""
    return _made(intent, preset, composer, studio or Studio(), clock or Clock(), forget=studio is None)


def _made(intent: Intent, preset: Preset, composer: str, studio: Studio, clock: Clock, *, forget: bool) -> Song:
    """The same.  forget: let go of the networks once the notes are there, before the sound needs the memory."""
    with clock.stage("plan"):
        outline = plan(intent, preset, composer=composer, studio=studio)
    with clock.stage("compose"):
        score = compose(outline, preset, composer=composer, given=intent.given, prompt=intent.prompt, studio=studio)
        if forget and composer != "reference":
            studio.forget_writers()
    with clock.stage("arrange"):
        arrangement = arrange(score, outline, preset, given=intent.given, studio=studio)
    mixed, mastered = _sound(arrangement, preset, outline, studio, clock)
    return Song(
        title=outline.title, intent=intent, preset=preset, plan=outline, score=score, arrangement=arrangement, mix=mixed, master=mastered,
        instruments=studio.hashes(arrangement), weights=studio.weights(composer), composer=composer,
        locks=given_locks(intent.given), stage_seconds=clock.seconds, unheard=studio.unheard(mixed.stems),
    )  # fmt: skip


def render_midi(
    path: str | Path, *, preset: str | Preset | None = None, instruments: Mapping[str, str] | None = None,
    on_plugin_failure: str | None = None, studio: Studio | None = None, watch: Watch | None = None, cache: bool = True,
) -> Rendering:  # fmt: skip
    """Stems, mix and master of any MIDI file.

    preset: its effects, mix and master; without one, a plain balance at -14 LUFS.  The instruments are those the file asks for, but for
    `instruments`, track name -> manifest.  on_plugin_failure: "fallback" or "stop", as in `make`.
    Raises FileFormatError, PresetError, PromptError or PluginError.
    """
    studio, clock = _studio(studio, on_plugin_failure, cache), Clock(watch)
    with clock.stage("read"):
        chosen = find_preset(preset) if isinstance(preset, str) else preset or PLAIN
        arrangement = read_midi(Path(path))
        if not any(track.notes for track in arrangement.tracks):
            raise FileFormatError(f"{path} has no notes to render")
        arrangement = studio.with_instruments(arrangement, instruments)
    mixed, mastered = _sound(arrangement, chosen, None, studio, clock)
    return Rendering(
        title=Path(path).stem, preset=chosen, arrangement=arrangement, mix=mixed, master=mastered,
        instruments=studio.hashes(arrangement), stage_seconds=clock.seconds,
    )  # fmt: skip


def remake(
    folder: str | Path, *, on_plugin_failure: str | None = None, studio: Studio | None = None, watch: Watch | None = None,
    cache: bool = True,
) -> Song:  # fmt: skip
    """The song of a song folder, made again from its song.json; one that was edited, from its notes.

    With the version of daiw that made it, the MIDI is byte-identical; external plugins get the state that the folder keeps.
    Raises FileFormatError where the folder holds no song.
    """
    manifest = read_song_file(Path(folder))
    own, studio = studio is None, _studio(studio, on_plugin_failure, cache).of_song(Path(folder))
    if manifest.edits:
        from daiw.editing.folder import again

        return again(folder, studio=studio, watch=watch)
    if manifest.intent is None:
        raise FileFormatError(f"{folder} holds a rendered MIDI file, not a song that daiw composed; use daiw render on its song.mid")
    return _made(manifest.intent, manifest.preset, manifest.composer, studio, Clock(watch), forget=own)


def _studio(studio: Studio | None, on_plugin_failure: str | None, cache: bool) -> Studio:
    """The given studio or a new one, with a person's wish for what happens when a plugin fails."""
    studio = studio or Studio(use_cache=cache)
    return studio if on_plugin_failure is None else replace(studio, on_plugin_failure=on_plugin_failure)


def _sound(arrangement: Arrangement, preset: Preset, outline: Plan | None, studio: Studio, clock: Clock) -> tuple[Mix, Master]:
    """The last three hops, which made and rendered music share."""
    with clock.stage("render"):
        stems = iter(render(arrangement, preset, plan=outline, studio=studio))
    with clock.stage("mix"):
        mixed = mix(stems, preset, plan=outline)  # a stem of three minutes has 70 MB: an iterator that is at its end holds none
    with clock.stage("master"):
        return mixed, master(mixed, preset, plan=outline)
