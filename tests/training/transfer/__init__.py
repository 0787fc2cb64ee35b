"""Training on folders of pictures: each step alone, then from a folder to an answer."""
