"""What runs untraced leaves no gap in what coverage sees of ours."""

from __future__ import annotations

from pathlib import Path

from tests.program import printed

OURS = """\
from tests.untraced import untraced
def foreign():
    return 1
def work():
    found = untraced(foreign)()
    if found:
        return found
    return 0
"""


def test_lines_before_and_after_are_counted_and_those_within_are_not(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text(OURS)
    code = (
        "import coverage, sys; place = sys.argv[1]; sys.path.insert(0, place)\n"
        "watcher = coverage.Coverage(None, source=[place], branch=True, config_file=False)\n"
        "watcher.start(); import ours; ours.work(); watcher.stop()\n"
        "print(watcher.analysis2(f'{place}/ours.py')[3])"
    )

    assert printed(code, tmp_path) == "[3, 8]\n"


def test_a_module_that_is_not_ours_is_imported_untraced_and_ours_are_not(tmp_path: Path) -> None:
    (tmp_path / "foreign.py").write_text("import sys; TRACER = sys.gettrace()")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.untraced import coverage_init; coverage_init(None, None)\n"
        "seen = set(); sys.settrace(lambda frame, *_: seen.add(frame.f_globals['__name__']))\n"
        "import foreign, tests.program\n"
        "print(foreign.TRACER, 'tests.program' in seen, sys.gettrace() is not None)"
    )

    assert printed(code, tmp_path) == "None True True\n"
