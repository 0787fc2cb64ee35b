"""Builds both container images without Docker and runs them as Lambda does: `make image-check`.

It needs Linux, root, and Debian's `buildah` and `debootstrap`. AWS's base image is not used: the
stand-in is Debian with its own Python and AWS's runtime client, which the Dockerfile takes as well.
"""
