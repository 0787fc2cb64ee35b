"""A command that is told to end tidies up as if it had come to its end."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, PROJECT
from tests.servers.process import environment
from tests.training.publishing.colours import write_labels

NETWORK = """{"class_name": "Sequential", "config": {"name": "n", "layers": [
{"class_name": "Flatten", "config": {"name": "f", "batch_input_shape": [null, 4, 4, 3]}},
{"class_name": "Dense", "config": {"name": "d", "units": 4, "activation": "softmax"}}]}}"""


def model(folder: Path) -> Path:
    """A model whose conversion takes TensorFlow, and so some seconds."""
    import h5py
    import numpy as np

    folder.mkdir(parents=True)
    (folder / "architecture.json").write_text(NETWORK)
    (folder / "recipe.json").write_text('{"std": [255.0]}')
    write_labels(folder)
    with h5py.File(folder / "weights.h5", "w") as file:
        file.attrs["layer_names"] = np.array([b"f", b"d"])
        file.create_group("f").attrs["weight_names"] = np.array([], "S1")
        group = file.create_group("d")
        group.attrs["weight_names"] = np.array([b"d/kernel:0", b"d/bias:0"])
        group.create_dataset("d/kernel:0", data=np.ones((48, 4), np.float32))
        group.create_dataset("d/bias:0", data=np.ones(4, np.float32))
    return folder


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline


@pytest.mark.parametrize("command", ["publish", "watch"])
def test_what_is_told_to_end_while_it_converts_leaves_nothing_behind(
    tmp_path: Path, command: str
) -> None:
    registry, temporary = tmp_path / "registry", tmp_path / "tmp"
    temporary.mkdir()
    folder = model(registry / "colours" / "incoming")
    arguments = {
        "publish": ["publish", str(folder), "--to", f"{registry}/colours@dev"],
        "watch": ["watch", str(registry), "--seconds", "0.1"],
    }[command]
    asked = {"PYTHONPATH": str(PROJECT), "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [*COMMAND, *arguments], env=environment(asked), stderr=subprocess.PIPE
    ) as process:
        until(lambda: list(temporary.glob("microlens-*/question.json")))
        [question] = temporary.glob("microlens-*/question.json")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 128 + signal.SIGTERM
    assert b"Traceback" not in said
    assert list(temporary.iterdir()) == []
    assert not question.exists()
    status = registry / "colours" / "status.json"
    assert not status.exists() or '"interrupted"' in status.read_text()
    assert status.exists() is (command == "watch")
