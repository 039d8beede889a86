"""Songs that come back from other programs: what was changed there, note by note, and what a stranger's file is as a song."""
