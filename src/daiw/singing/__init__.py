"""The singer: words and notes -> phonemes, curves and a voice."""
