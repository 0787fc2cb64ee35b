"""Pictures in buckets: each is classified, and its one result is written beside it."""
