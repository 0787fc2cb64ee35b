"""`microlens serve` as a real process."""

from __future__ import annotations

import re
import shutil
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.serve import _listen
from inference.settings import DEFAULT_MODEL
from tests.cli.command import COMMAND, PROJECT, SERVES, microlens
from tests.invariants import logs
from tests.servers.process import Server, environment, free_ports, listens, running


@contextmanager
def serving(log_path: Path, *options: str) -> Iterator[tuple[Server, re.Match[str]]]:
    """The command while it serves, and the line that it prints."""
    command = [*COMMAND, "serve", "--port=0", *options]
    with running(
        "microlens serve",
        command,
        env=environment(),
        cwd=PROJECT,
        log_path=log_path,
        check=logs.check,
    ) as server:
        server.wait_until(lambda: SERVES.search(server.log()) is not None, 60)
        line = SERVES.search(server.log())
        assert line is not None
        yield server, line


def test_serve_says_where_and_what_and_answers_there_at_once(tmp_path: Path, chelsea: Path) -> None:
    with serving(tmp_path / "log") as (server, line):
        reply = httpx.post(
            f"{line['url']}/classify",
            content=chelsea.read_bytes(),
            headers={"content-type": "image/png"},
            timeout=30,
            trust_env=False,
        )
        log = server.log()

    answer = reply.json()
    assert "cat" in answer["predictions"][0]["label"] + answer["predictions"][1]["label"]
    assert line["name"] == answer["model"]["name"] == Path(DEFAULT_MODEL).name
    assert answer["model"]["release"].startswith(line["release"])
    assert len(SERVES.findall(log)) == 1
    assert log.splitlines()[0] == line[0]
    assert "Uvicorn running" not in log


def test_the_model_that_is_named_is_the_one_that_answers(tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(DEFAULT_MODEL, tmp_path / "another"))
    manifest = (bundle / "model.json").read_text(encoding="utf-8")
    renamed = manifest.replace(f'"name": "{Path(DEFAULT_MODEL).name}"', '"name": "another"', 1)
    (bundle / "model.json").write_text(renamed, encoding="utf-8")

    with serving(tmp_path / "log", "--model", str(bundle)) as (_, line):
        report = httpx.get(f"{line['url']}/model", timeout=30, trust_env=False).json()

    assert line["name"] == report["model"]["name"] == "another"


def test_an_interrupt_ends_it_with_nothing_to_say(tmp_path: Path) -> None:
    with serving(tmp_path / "log") as (server, line):
        httpx.get(f"{line['url']}/livez", timeout=30, trust_env=False)
        server.process.send_signal(signal.SIGINT)
        code = server.process.wait(30)
        log = server.log()

    assert code == 0
    assert "Traceback" not in log
    assert "Aborted" not in log


def test_with_reload_a_change_of_the_source_starts_it_anew(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for room in ("api", "cli", "inference", "models"):
        shutil.copytree(
            PROJECT / room, project / room, ignore=shutil.ignore_patterns("__pycache__")
        )
    route = project / "api" / "routes" / "model.py"
    before = route.read_text(encoding="utf-8")
    assert before.count('Health(status="ok")') == 2

    def status() -> str:
        try:
            reply = httpx.get(f"{line['url']}/livez", timeout=5, trust_env=False)
        except httpx.TransportError:
            return "none"
        return str(reply.json()["status"])

    command = [*COMMAND, "serve", "--port=0", "--reload"]
    with running(
        "microlens serve", command, env=environment(), cwd=project, log_path=tmp_path / "log"
    ) as server:
        server.wait_until(lambda: SERVES.search(server.log()) is not None, 60)
        found = SERVES.search(server.log())
        assert found is not None
        line = found
        server.wait_until(lambda: status() == "ok", 60)
        route.write_text(before.replace('Health(status="ok")', 'Health(status="new")'))
        server.wait_until(lambda: status() == "new", 60)
        log = server.log()

    assert len(SERVES.findall(log)) == 1


REFUSED: dict[str, tuple[Sequence[str], dict[str, str], str]] = {
    "a missing model": (["--model", "nowhere"], {}, "the model at nowhere cannot be loaded"),
    "a model in no bucket": (["--model", "s3://A/b"], {}, "'s3://A/b' is no store"),
    "a bad setting": ([], {"MICROLENS_MAX_PIXELS": "many"}, "MICROLENS_MAX_PIXELS='many'"),
    "a host that none can be": (["--host", "ä..b"], {}, "cannot listen on http://ä..b:0: it is no"),
    "a host that is not here": (["--host", "192.0.2.1"], {}, "cannot listen on http://192.0.2.1"),
}


@pytest.mark.parametrize(("options", "env", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_served_is_one_sentence(
    options: Sequence[str], env: dict[str, str], said: str
) -> None:
    ran = microlens("serve", "--port=0", *options, env=env)

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"microlens: {said}")
    assert ran.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with serving(tmp_path / "log") as (_, line):
        port = line["url"].rpartition(":")[2]
        ran = microlens("serve", "--port", port)

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.count("\n") == 1
    assert f"{line['url']}: Address already in use; --host and --port" in ran.stderr


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--port", "65536", "65535"),
        ("--host", "", "the address is empty: 127.0.0.1, or 0.0.0.0 for all"),
        ("--host", " ", "the address is empty"),
        ("--model", "", "the name of a model is empty"),
    ],
)
def test_what_cannot_be_is_wrong_usage(option: str, value: str, said: str) -> None:
    ran = microlens("serve", option, value)

    assert (ran.code, ran.stdout) == (2, "")
    assert option in ran.stderr
    assert said in ran.stderr


def test_ipv6_is_written_in_brackets(tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--host", "::1") as (_, line):
        reply = httpx.get(f"{line['url']}/livez", timeout=30, trust_env=False)

    assert line["url"].startswith("http://[::1]:")
    assert reply.is_success


def test_no_port_is_left_open(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    with serving(tmp_path / "log", "--port", str(port)):
        assert listens(port)

    assert not listens(port)


def test_answers_are_sent_without_waiting_for_acknowledgements() -> None:
    with _listen("127.0.0.1", 0) as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
