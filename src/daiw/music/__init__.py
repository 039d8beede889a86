"""The nouns: frozen values, pure Python and numpy; no files, no drivers, no chance."""
