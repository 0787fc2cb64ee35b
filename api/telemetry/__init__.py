"""What the service says of its own work: a log line for each request, counts, Prometheus' text.

What a line never holds: a picture, the name that its sender gave it, a token, a signature, what
stands behind the `?` of an address, a path of this machine.
"""
