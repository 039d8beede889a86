"""A SoundFont 2 player in numpy: `font` reads, `zone` resolves generators, `voice` computes one key, `player` mixes a track.

Source: SoundFont Technical Specification 2.04 (E-mu, 2006); where it leaves freedom or everybody deviates, FluidSynth is followed.
"""
