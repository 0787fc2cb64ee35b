"""What is deployed: the zip of the Lambda functions and the content of the container images.

`python -m scripts.package` (or `make package`) writes `dist/microlens-VERSION-pythonX.Y-ARCH.zip`;
with `--into FOLDER` the same files go into a folder, for `sam build` and the Dockerfile.
docs/packages.md has the sizes and the reasons.
"""
