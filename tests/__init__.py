"""Tests of Microlens, on real servers; see CONTRIBUTING.md."""
