"""Tests of `api/gates/`."""
