"""The registry, on a folder and on a real S3 server."""
