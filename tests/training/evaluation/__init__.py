"""Evaluating and comparing models."""
