"""A person's own MIDI files: read, judged, learnt from."""
