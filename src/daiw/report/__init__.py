"""The page that explains a song."""
