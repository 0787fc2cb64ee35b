"""The page for people and the reference, in a real Chromium."""
