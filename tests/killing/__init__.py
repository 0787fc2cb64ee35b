"""SIGKILL at random moments, and what is found afterwards: see `tests.killing.__main__`."""
