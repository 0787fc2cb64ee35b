"""Tests of the command `microlens`."""
