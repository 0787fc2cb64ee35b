"""Tests of reading Keras files; the files are written by scripts here, never taken from others."""
