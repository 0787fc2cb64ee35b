"""Many pictures at once: what lies below a prefix, what became of it, and the results of it."""
