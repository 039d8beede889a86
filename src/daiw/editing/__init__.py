"""Edit, don't reroll: change a part of a song, keep every other note and stem, and keep what was."""
