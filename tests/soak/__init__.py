"""Mixed traffic for a long time, and what is left afterwards: see `tests.soak.__main__`."""
