"""The doors of the running service: HTTP through FastAPI, and AWS events."""
