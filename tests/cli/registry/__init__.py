"""The commands that show a registry and move its stages."""
