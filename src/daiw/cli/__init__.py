"""The daiw command: one file a subcommand, nothing heavy imported before it is needed."""
