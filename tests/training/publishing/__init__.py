"""From Keras files to a release: each step alone, then all of them together."""
