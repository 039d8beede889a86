"""daiw: a feeling in, an editable song out."""
