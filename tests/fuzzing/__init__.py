"""Coverage-guided fuzzing of what strangers send: see `tests.fuzzing.__main__`."""
