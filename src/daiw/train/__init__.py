"""Training of DAiW's own weights; nothing at run time imports it."""
