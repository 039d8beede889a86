"""Signal processing on plain arrays, vectorised; every function is pure."""
