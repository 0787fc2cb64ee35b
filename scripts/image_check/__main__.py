"""`python -m scripts.image_check`: build both images, run all handlers, report."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time

from scripts.image_check.base import NAME, make_base
from scripts.image_check.buildah import Buildah
from scripts.image_check.checks import Checks, Failed, buckets
from scripts.package.target import ROOT
from tests.servers.seaweed import Seaweed, seaweed

TARGETS = ("serving", "tensorflow")


def main() -> None:
    """Build and check; the exit code is 1 when anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="scripts.image_check", description=__doc__)
    parser.add_argument("--reuse", action="store_true", help="check images of an earlier run")
    arguments = parser.parse_args()
    _need_tools()
    place = ROOT / ".cache" / "image-check"
    place.mkdir(parents=True, exist_ok=True)
    (place / ".gitignore").write_text("*\n")
    buildah = Buildah(place)
    _say("the stand-in for the base image: Debian, Python, AWS's runtime client")
    make_base(buildah)
    try:
        with seaweed() as server, buckets(server):
            for target in TARGETS:
                for line in _check(buildah, target, server, reuse=arguments.reuse):
                    _say(f"{target}: {line}")
    except Failed as exc:
        sys.exit(f"image-check: {exc}")


def _check(buildah: Buildah, target: str, server: Seaweed, *, reuse: bool) -> list[str]:
    name = f"localhost/microlens-{target}"
    started = time.monotonic()
    if not reuse or not buildah.has(name):
        _say(f"building {target}")
        buildah(
            *("build", "--quiet", "--isolation", "chroot", "--network", "host"),
            *("--build-arg", f"BASE={NAME}", "--target", target, "--tag", name, ROOT),
        )
    built = time.monotonic() - started
    with buildah.image(name) as image, buildah.image(NAME) as base:
        whole, below = image.bytes(), base.bytes()
        checks = Checks(image, server)
        checks.serving()
        if target == "tensorflow":
            checks.tensorflow()
    size = f"{whole / 1e6:,.0f} MB, of these {below / 1e6:,.0f} the base, built in {built:.0f} s"
    return [size, *checks.found]


def _need_tools() -> None:
    missing = [each for each in ("buildah", "debootstrap", "unshare") if not shutil.which(each)]
    if missing:
        sys.exit(f"image-check: missing: {', '.join(missing)}; apt-get install buildah debootstrap")
    if os.geteuid() != 0:
        sys.exit("image-check: it mounts and changes root, so it needs root: sudo make image-check")


def _say(what: str) -> None:
    print(f"image-check: {what}", flush=True)


if __name__ == "__main__":
    main()
