"""stub"""

from dataclasses import dataclass

from daiw.live.bend import Bent
from daiw.live.rounds import Round
from daiw.music.score import Part


@dataclass
class Heeded:
    """What was heard."""

    def apply(self, bent: Bent, found: Round) -> Bent:
        """x"""
        return bent

    def answered(self, part: Part, bent: Bent, found: Round) -> Part:
        """x"""
        return part
