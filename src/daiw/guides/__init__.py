"""What a person gives besides words, read: MIDI files, chord symbols, a hummed tune."""
