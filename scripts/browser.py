"""Put a Chromium and axe-core for the tests of the page into .venv/browser; needs no root.

Both come from npm, pinned with their hashes in requirements/browser. `install.py dev` runs this
with .venv's Python. The Chromium is the one that @sparticuz/chromium packs for AWS Lambda: x86-64
Linux alone, with the few libraries and the font that a bare machine may lack. Elsewhere, or for
another one (`apt-get install chromium`), the tests take what the variable CHROMIUM names.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
BROWSER = ROOT / ".venv" / "browser"
PINS = ROOT / "requirements" / "browser"

UNPACK = """\
const fs = require("node:fs"), zlib = require("node:zlib"), [, packed, into] = process.argv;
fs.writeFileSync(into, zlib.brotliDecompressSync(fs.readFileSync(packed)));
"""

# The packed font before the machine's own, so that a screenshot is the same on every machine.
# Its cache has no relative place: fontconfig would take it from the folder of whoever starts.
FONTS = f"""\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{BROWSER}/font-cache</cachedir>
  <alias><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
"""


def main() -> None:
    """Make .venv/browser anew; under its name it is whole."""
    with tempfile.TemporaryDirectory(prefix="browser-", dir=BROWSER.parent) as folder:
        packages, made = Path(folder), Path(folder, "made")
        made.mkdir()
        _fetch(packages)
        shutil.copy(packages / "node_modules" / "axe-core" / "axe.min.js", made)
        if (sys.platform, platform.machine()) == ("linux", "x86_64"):
            _unpack(packages / "node_modules" / "@sparticuz" / "chromium" / "bin", made)
        else:
            print("install: no Chromium for this machine; name one in CHROMIUM for the tests")
        shutil.rmtree(BROWSER, ignore_errors=True)
        made.rename(BROWSER)


def _fetch(folder: Path) -> None:
    """Install what is pinned; npm checks every hash, and runs nothing that a package brings."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, folder)
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
    subprocess.run([BIN / "npm", "ci", "--silent", *options], cwd=folder, check=True)


def _unpack(packed: Path, into: Path) -> None:
    for name in ("chromium", "al2023.tar", "fonts.tar"):
        paths = (packed / f"{name}.br", into / name)
        subprocess.run([BIN / "node", "--eval", UNPACK, *paths], check=True)
    for name in ("al2023.tar", "fonts.tar"):
        with tarfile.open(into / name) as archive:
            archive.extractall(into, filter="data")
        (into / name).unlink()
    (into / "chromium").chmod(0o755)
    (into / "fonts.conf").write_text(FONTS, encoding="utf-8")
    # Lets a reader see which it is without starting it.
    version = json.loads((packed.parent / "package.json").read_text(encoding="utf-8"))["version"]
    (into / "version").write_text(f"{version}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
