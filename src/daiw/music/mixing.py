"""What was measured and chosen when a song was first mixed: kept with the song, so that an edit moves no fader."""

from dataclasses import dataclass

RIDE_LU_PER_ENERGY = 9.0
"""How much louder a section of full energy is meant to be than one of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """How one stem is treated besides the style's own table.

    gain_db: the fader.  hiss_db: shelf at 11 kHz, <= 0.  made: factor on the sides that are made from the middle, 0 for none.
    flipped: middle and sides change places.  side_gain: 0..1, so that the stem survives mono.
    ceiling: linear; lone peaks above are held there; 0 where none stood out.
    """

    role: str
    gain_db: float = 0.0
    hiss_db: float = 0.0
    made: float = 0.0
    flipped: bool = False
    side_gain: float = 1.0
    ceiling: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MixSettings:
    """A mix without its sound.

    frames: length in which the buses ring.  dry_frames: where the stems end.  length_frames: length of the mix and of every stem's file.
    halvings: the whole mix is turned down by 2^-halvings, which rounds nothing.
    ride_db: one fader move a section; empty where nothing rides.
    kicks: (first control hop, hops, depth 0..1) of each kick that others make room for; a hop is `dsp.dynamics.CONTROL_HOP` frames.
    voice: (first, end) in hops of 100 ms of each stretch in which the voice sounds, which the band makes room for.
    channels: in the order of the stems, buses not among them.
    """

    frames: int
    dry_frames: int
    length_frames: int
    halvings: int = 0
    ride_db: tuple[float, ...] = ()
    kicks: tuple[tuple[int, int, float], ...] = ()
    voice: tuple[tuple[int, int], ...] = ()
    channels: tuple[ChannelSettings, ...] = ()

    def channel(self, role: str) -> ChannelSettings | None:
        """The settings of `role`, None where it was not there."""
        return next((channel for channel in self.channels if channel.role == role), None)
