"""Tests of what happens to many pictures at once."""
