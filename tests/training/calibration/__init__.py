"""What calibrating promises, on real handwriting."""
