"""Words that are sung: spoken forms, syllables, lines in a form, syllables on notes, drafts."""
