"""Our own synthesiser: voices in numpy, each a frozen set of parameters that a plugin.toml can set.

`wavetable` and `shape` are the parts, `subtractive`, `struck`, `sub` and `drums` the voices, `player` plays a track with one of them.
"""
