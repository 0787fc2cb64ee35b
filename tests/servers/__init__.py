"""The real servers that tests and benchmarks talk to, each a context manager.

All listen on 127.0.0.1 alone, keep their files in a folder of their own, and leave neither a
process nor a file behind.
"""
