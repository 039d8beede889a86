"""Plugins that are not ours: each in a worker process of its own, so that none of them can take the song down."""
