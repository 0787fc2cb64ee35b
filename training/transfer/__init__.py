"""Transfer learning: from one folder of pictures for each class to a bundle."""
