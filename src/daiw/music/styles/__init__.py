"""The side inputs of the stages: one frozen table each, filled by a preset's TOML table of the same name."""
