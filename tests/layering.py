"""Reads who imports whom, and reports every import that the design does not allow.

Imports are read from the source, so those inside a function count, and so does
`importlib.import_module("…")` with the name written out. Nothing is imported to be checked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

# Which of our packages may import which: api, cli → training → inference → libraries.
ARROWS: dict[str, frozenset[str]] = {
    "api": frozenset({"inference"}),
    "cli": frozenset({"api", "inference", "training"}),
    "inference": frozenset(),
    "training": frozenset({"inference"}),
}

# Which files may import a library, or read the environment. Everybody else asks those files.
HOMES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("boto3", "s3transfer", "mypy_boto3_s3"): ("inference/s3/clients.py",),
    ("botocore",): ("inference/s3/clients.py", "inference/s3/faults.py"),
    ("PIL", "pillow_heif"): (
        "inference/pictures/decoding.py",
        "inference/pictures/modes.py",
        "inference/pictures/plugins.py",
    ),
    ("os.environ", "os.environb", "os.getenv", "os.putenv"): ("inference/environment.py",),
    ("ai_edge_litert",): ("inference/loaders/litert.py",),
    ("tensorflow", "keras", "tf_keras"): (
        "inference/loaders/tensorflow.py",
        "inference/keras_files/*",
        "training/*",
    ),
    ("fastapi", "starlette", "mangum"): ("api/*",),
}


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One import in the wrong place."""

    path: str
    line: int
    imported: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.imported}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Use:
    """A dotted name that a module imports or reaches, and the line where it does."""

    name: str
    line: int


def violations(root: Path) -> list[Violation]:
    """All wrong imports of the packages below `root`, ordered by file and line."""
    found = set()
    for package in ARROWS:
        for file in (root / package).rglob("*.py"):
            path = file.relative_to(root).as_posix()
            for use in uses(ast.parse(file.read_text(encoding="utf-8"), path), path):
                reason = _objection(path, use.name)
                if reason:
                    found.add(Violation(path, use.line, use.name, reason))
    return sorted(found)


def uses(tree: ast.Module, path: str) -> Iterator[Use]:
    """Everything that a module imports, absolute, and what it takes from `os` by attribute."""
    aliases_of_os = {"os"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Use(alias.name, node.lineno)
                if alias.name == "os":
                    aliases_of_os.add(alias.asname or "os")
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, path)
            for alias in node.names:
                yield Use(f"{source}.{alias.name}", node.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _imported_by_call(node)):
            yield Use(name, node.lineno)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in aliases_of_os
        ):
            yield Use(f"os.{node.attr}", node.lineno)


def _objection(path: str, name: str) -> str | None:
    """Why the file may not use the name, or None when it may."""
    package, top = path.partition("/")[0], name.partition(".")[0]
    if top in ARROWS and top != package and top not in ARROWS[package]:
        allowed = ", ".join(sorted(ARROWS[package])) or "none of ours"
        return f"{package} may import {allowed}"
    for names, homes in HOMES.items():
        if _is_one_of(name, names) and not any(fnmatch(path, home) for home in homes):
            return f"belongs in {', '.join(homes)}"
    return None


def _is_one_of(name: str, names: tuple[str, ...]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in names)


def _absolute(node: ast.ImportFrom, path: str) -> str:
    """The module that `from … import` names, a relative one resolved from the file's place."""
    if not node.level:
        return node.module or ""
    place = path.split("/")[: -node.level]
    return ".".join([*place, *([node.module] if node.module else [])])


def _imported_by_call(node: ast.Call) -> str | None:
    """The module named in `import_module("…")` or `__import__("…")`, when it is written out."""
    function = node.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called not in {"import_module", "__import__"} or not node.args:
        return None
    first = node.args[0]
    is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return str(first.value) if isinstance(first, ast.Constant) and is_text else None
