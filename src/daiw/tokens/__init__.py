"""Music as small integers: a grid, one table of tokens, the grammar that joins them and the copy features; numpy only."""
