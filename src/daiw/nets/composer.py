"""A trained composer behind the seam of `stages.compose`: melody, bass, chords and drums; other roles are another's."""

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from daiw.errors import ModelError
from daiw.music.decision import Decision
from daiw.music.plan import Plan
from daiw.music.score import Part
from daiw.music.styles.compose import ComposeStyle
from daiw.nets.band import Player
from daiw.nets.band_leader import PLAYED
from daiw.nets.composer_sheet import meter_name
from daiw.nets.lead_line import Line
from daiw.nets.novelty import NoveltyIndex, read_index
from daiw.nets.picking import Chance
from daiw.nets.sung_melody import SungMelody, SungSong
from daiw.nets.tensor_file import read_tensors
from daiw.nets.text_match import Vector
from daiw.nets.transformer import Weights
from daiw.nets.transformer_shape import Shape
from daiw.nets.writers import Composer

MODEL_FOLDER = Path(__file__).parent.parent / "models" / "composer"
WEIGHTS_PATH = MODEL_FOLDER / "weights.safetensors"
INDEX_PATH = MODEL_FOLDER / "novelty.npz"
BAND_PATH = MODEL_FOLDER / "band.safetensors"
KIT_PATH = MODEL_FOLDER / "kit.safetensors"
MOST_LAYERS = 64


@lru_cache(maxsize=6)
def load_weights(path: Path = WEIGHTS_PATH) -> Weights:
    """The trained weights, read once; raises ModelError where they are missing, damaged or of another version."""
    tensors, about = read_tensors(path)
    try:
        kept = json.loads(about["shape"])
        if not 1 <= kept["layers"] <= MOST_LAYERS:
            raise ValueError("too many layers")
        shape = Shape(**(kept | {"cross": tuple(kept["cross"])}))
        wanted = shape.weights()
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise ModelError(f"{path}: not the weights of a composer's network; install daiw again") from error
    if wanted.keys() != tensors.keys():
        raise ModelError(f"{path}: the weights are another version's; install daiw again")
    return Weights(shape, tensors)


@dataclass(frozen=True, slots=True)
class NeuralComposer:
    """Writes melody, bass, chords and drums with trained transformers and every other role with `fallback`.

    style: the preset's [compose] table.  band, kit: weights of bass and chords, and of drums; None leaves those roles to the fallback.
    decisions: filled while writing, from the first role on, one for every section drawn, with the losers' scores.
    words: what the song is about, as `text_match` gives it; among melodies that are otherwise alike, the nearest to them wins.
    songs: the tune of the song that was sung last, which voice and instrument share.
    A meter that a model does not know, or a section that it leaves empty, is the fallback's.
    """

    weights: Weights
    style: ComposeStyle
    fallback: Composer
    chance: Chance = field(default_factory=Chance)
    novelty: NoveltyIndex | None = None
    decisions: list[Decision] = field(default_factory=list)
    band: Weights | None = None
    kit: Weights | None = None
    words: Vector | None = None
    songs: dict[Plan, SungSong] = field(default_factory=dict, repr=False, compare=False)

    def write(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The part of `role` over the whole song."""
        if not earlier:
            self.decisions.clear()
        weights = self.kit if role == "drums" else self.band if role in PLAYED else None
        if weights is not None:
            player = Player(weights, self.style, plan, role, earlier, lambda: self.fallback.write(plan, role, earlier))
            part = player.part()
            self.decisions.extend(player.decisions)
            return part
        if role not in ("melody", "vocal") or meter_name(plan.meter) is None:
            return self.fallback.write(plan, role, earlier)
        if plan.voice is not None:
            return self._sung(plan, role, earlier)
        line = Line(self, plan)
        notes = line.notes()
        self.decisions.extend(line.decisions)
        return Part("melody", notes)

    def _sung(self, plan: Plan, role: str, earlier: tuple[Part, ...]) -> Part:
        """The voice, or its instrument: the tune where nobody sings, elsewhere what the fallback has it play beside the voice."""
        if self.songs.keys() != {plan}:
            self.songs.clear()
            self.songs[plan] = SungMelody(self, plan).song()
            self.decisions.extend(self.songs[plan].decisions)
        song = self.songs[plan]
        if role == "vocal":
            return Part(role, song.voice)
        singing = tuple(s if "vocal" in s.roles else replace(s, roles=tuple(r for r in s.roles if r != role)) for s in plan.sections)
        along = self.fallback.write(replace(plan, sections=singing), role, earlier or (Part("vocal", song.voice),))
        return Part(role, tuple(sorted([*song.played, *along.notes])))


def load_composer(style: ComposeStyle, fallback: Composer, folder: Path = MODEL_FOLDER) -> NeuralComposer:
    """The shipped composer in one style; raises ModelError where its weights are missing or damaged."""
    lead, band, kit = (load_weights(folder / path.name) for path in (WEIGHTS_PATH, BAND_PATH, KIT_PATH))
    return NeuralComposer(lead, style, fallback, novelty=read_index(folder / INDEX_PATH.name), band=band, kit=kit)
