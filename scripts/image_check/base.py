"""The stand-in for AWS's base image: Debian 12, its Python, AWS's Lambda runtime client."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from scripts.image_check.buildah import Buildah, run
from scripts.package.contents import only
from scripts.package.target import ROOT

NAME: Final = "localhost/microlens-base"
_DEBIAN: Final = "bookworm"
_CLIENT: Final = ("awslambdaric", "simplejson", "snapshot-restore-py")
_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


def make_base(buildah: Buildah) -> None:
    """Make the image `NAME`, unless an earlier run has.

    It trusts whom this machine trusts and asks the package index that this machine's pip asks, so
    that building works behind a company's proxy too. It never leaves this machine.
    """
    if buildah.has(NAME):
        return
    system = buildah.place / "debian"
    shutil.rmtree(system, ignore_errors=True)
    packages = "--include=python3,python3-pip,ca-certificates"
    run("debootstrap", "--variant=minbase", packages, _DEBIAN, system)
    shutil.copy(_AUTHORITIES, system / _AUTHORITIES.relative_to("/"))
    lock = system / "client.txt"
    lock.write_text(only((ROOT / "requirements" / "dev.lock").read_text(), _CLIENT))
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, system, "/")
    for name, value in _index().items():
        buildah("config", "--env", f"{name}={value}", container)
    install = "python3 -m pip install --quiet --no-cache-dir --no-deps --require-hashes"
    buildah(
        *("run", "--isolation", "chroot", "--network", "host", container, "--"),
        *("sh", "-c", f"{install} --break-system-packages -r /client.txt"),
    )
    entry = json.dumps(["/usr/bin/python3", "-m", "awslambdaric"])
    buildah("config", "--entrypoint", entry, "--workingdir", "/var/task", container)
    buildah("commit", "--quiet", "--rm", container, NAME)
    shutil.rmtree(system)


def _index() -> dict[str, str]:
    """What pip and uv need to know to install from where this machine installs from."""
    variables = {"SSL_CERT_FILE": str(_AUTHORITIES), "PIP_CERT": str(_AUTHORITIES)}
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    if address := found.stdout.strip():
        variables |= {"PIP_INDEX_URL": address, "UV_DEFAULT_INDEX": address}
    return variables
