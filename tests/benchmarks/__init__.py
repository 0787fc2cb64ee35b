"""The bench measures; that it counts and judges rightly is tested."""
