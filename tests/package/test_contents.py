"""What is in a package and what is not, and that the one needs nothing of the other."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from inference.settings import Settings, variable
from scripts.package import bytecode
from scripts.package.bytecode import compile_all
from scripts.package.contents import install, only, without
from scripts.package.pruning import CUTS, SERVICES, prune
from scripts.package.target import KINDS, MACHINES, PYTHONS, ROOT, Target

LOCK = (
    "# a lock\n--only-binary :all:\n\n"
    "a==1 ; python_version < '3.12' \\\n    --hash=sha256:00\n    # via x\n"
    "a==2 ; python_version >= '3.12' \\\n    --hash=sha256:01\n    # via x\n"
    "b-c==3 \\\n    --hash=sha256:02\n    # via\n    #   a\n"
)


def test_every_service_of_aws_that_the_code_asks_for_is_described_in_the_package() -> None:
    asked = set()
    # Jobs of S3 Batch Operations are started by the command, from somebody's computer.
    on_lambda = set((ROOT / "inference").rglob("*.py")) | set((ROOT / "api").rglob("*.py"))
    for path in sorted(on_lambda):
        asked |= set(re.findall(r"\.client\(\s*\"([a-z0-9-]+)\"", path.read_text()))

    assert "s3" in asked
    assert asked - {"s3control"} <= set(SERVICES)


def test_the_same_python_is_meant_by_the_template_the_makefile_and_the_image() -> None:
    template = (ROOT / "infra" / "template.yaml").read_text()
    makefile, dockerfile = (ROOT / "Makefile").read_text(), (ROOT / "Dockerfile").read_text()

    assert set(re.findall(r"Runtime: python(\S+)", template)) == {PYTHONS[0]}
    assert re.findall(r"^LAMBDA_PYTHON \?= (.+)$", makefile, re.MULTILINE) == [PYTHONS[0]]
    # In an image it is the base's, whichever that is.
    instructions = re.sub("^#.*$", "", dockerfile, flags=re.MULTILINE)
    assert re.findall(r"3\.1\d", instructions) == [PYTHONS[0]]


def test_compose_sets_nothing_that_is_no_setting() -> None:
    used = re.findall(r"^ +(MICROLENS_\w+):", (ROOT / "compose.yaml").read_text(), re.MULTILINE)

    assert used
    assert {*used} <= {variable(name) for name in Settings.model_fields}


def test_a_lock_is_cut_package_by_package_with_all_versions_and_hashes() -> None:
    assert only(LOCK, ["b-c"]) == LOCK[LOCK.index("b-c==3") :]
    rest = without(LOCK, ["b-c"])
    assert re.findall(r"^\S+==\d|sha256:\d\d", rest, re.MULTILINE) == [
        *("a==1", "sha256:00"),
        *("a==2", "sha256:01"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_out_is_something_that_would_be_in(kind: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    lock = (ROOT / "requirements" / KINDS[kind].lock).read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))

    assert set(KINDS[kind].left_out) <= direct | pinned


@pytest.mark.slow
def test_bytecode_is_the_same_each_time_and_names_no_place_of_this_machine(tmp_path: Path) -> None:
    def compiled(name: str) -> dict[str, bytes]:
        folder = tmp_path / name / "inference"
        shutil.copytree(ROOT / "inference", folder, ignore=shutil.ignore_patterns("__pycache__"))
        compile_all(folder.parent, Target.native("zip"))
        paths = folder.rglob("*.pyc")
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}

    here, there = compiled("here"), compiled("a/longer/way/there")

    assert len(here) > 30
    assert here == there
    assert all(b"/var/task/inference" in content for content in here.values())


def test_a_python_that_does_not_start_ends_the_build_and_is_told_where_libraries_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS's Python is such a one where nothing names the place of its library."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$LD_LIBRARY_PATH" > "${0%/*}/seen"\nexit 127\n')
    python.chmod(0o755)
    monkeypatch.setattr(bytecode, "interpreter", lambda _: str(python))
    monkeypatch.setenv("LD_LIBRARY_PATH", "/var/lang/lib")

    with pytest.raises(SystemExit, match="python ended with code 127"):
        compile_all(tmp_path, Target.native("zip"))
    assert (tmp_path / "seen").read_text() == "/var/lang/lib\n"


@pytest.mark.slow
def test_a_package_for_the_other_processor_holds_its_code_and_every_cut_finds_something(
    tmp_path: Path,
) -> None:
    native = Target.native("zip")
    other = Target("zip", "3.13", next(name for name in MACHINES if name != native.architecture))
    lock = (ROOT / "requirements" / "serve.lock").read_text()
    install(without(lock, other.contents.left_out), other, tmp_path)

    prune(tmp_path, other)

    libraries = [path for path in tmp_path.rglob("*") if ".so" in path.suffixes]
    machines = {path.read_bytes()[:20][18:] for path in libraries}
    assert len(libraries) > 30
    assert machines == {{"x86_64": b"\x3e\0", "arm64": b"\xb7\0"}[other.architecture]}


def test_a_cut_that_finds_nothing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=re.escape(CUTS[0].pattern)):
        prune(tmp_path, Target("zip", "3.13", "x86_64"))
