"""One target under atheris, in a process of its own: `python -m tests.fuzzing.fuzzer NAME …`.

The other arguments are libFuzzer's. atheris must see our modules before anybody imports them.
"""

from __future__ import annotations

import logging
import sys
import warnings

import atheris

with atheris.instrument_imports(include=["api", "inference", "PIL", "python_multipart"]):
    from tests.fuzzing.targets import TARGETS


def main() -> None:
    """Run until libFuzzer has enough; it ends the process itself."""
    name = sys.argv.pop(1)
    warnings.simplefilter("ignore")  # Pillow's about damaged metadata
    logging.disable()
    atheris.Setup(sys.argv, TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
