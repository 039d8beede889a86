"""The ears of tests, reports and quality checks: meters and detectors."""
