"""Calibrating: how far a model may be believed, measured on pictures that are new to it."""
