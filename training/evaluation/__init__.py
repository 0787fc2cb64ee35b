"""Measuring models on labelled pictures: one by itself, and two against each other."""
