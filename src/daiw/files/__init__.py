"""Bytes in and out: MIDI, audio, presets, song folders. Everything read here is hostile until parsed."""
