"""What an image must be able to do, asked of its handlers in AWS's emulator."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.image_check.buildah import Image
from tests.api import events
from tests.servers.emulator import Emulator, emulator
from tests.servers.seaweed import Seaweed
from tests.training.publishing.colours import colour_network, colour_picture, write_labels

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOLDEN = Path(__file__).resolve().parents[2] / "models" / "imagenet-lite0" / "golden"
_SECONDS = 600
_SYSTEM_VARIABLES = {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
_PLACES = {
    "MICROLENS_BUCKETS": "pictures",
    "MICROLENS_RESULTS": "s3://results",
}


class Failed(Exception):
    """An image does not do what it must."""


@dataclass(slots=True)
class Checks:
    """One image, S3, and what was found so far."""

    image: Image
    seaweed: Seaweed
    found: list[str] = field(default_factory=list)

    def serving(self) -> None:
        """Uploads, pictures in S3, and pictures that arrive: with the model of the package."""
        self._is_closed()
        s3 = self.seaweed.client()
        cat = (GOLDEN / "chelsea.png").read_bytes()
        s3.put_object(Bucket="pictures", Key="cat.png", Body=cat)
        with self._function(self.image.command) as function:
            upload = self._answer("HTTP", function, cat, "image/png")
            url = json.dumps({"url": "s3://pictures/cat.png"}).encode()
            named = _answer(function, url, "application/json")
        _expect(_best(upload) == "tiger cat", f"the cat is {_best(upload)!r}")
        _expect(named["predictions"] == upload["predictions"], "S3 and upload differ")
        with self._function("api.event_handler.handler") as function:
            self._timed("S3 event", function, events.s3_put("pictures", "cat.png"))
        result = _json_of(s3, "results", "pictures/cat.png.json")
        # The HTTP events ask for the first three.
        first = result["predictions"][:3]
        _expect(first == upload["predictions"], f"the event's result differs: {first}")
        s3.delete_object(Bucket="results", Key="pictures/cat.png.json")

    def tensorflow(self) -> None:
        """A folder of plain Keras files is served, and published when it is dropped."""
        s3 = self.seaweed.client()
        red = colour_picture("red", 0.6)
        for name, content in _keras_files().items():
            s3.put_object(Bucket="models", Key=f"plain/{name}", Body=content)
            s3.put_object(Bucket="models", Key=f"team/colours/incoming/{name}", Body=content)
        plain = {"MICROLENS_MODEL": "s3://models/plain"}
        with self._function(self.image.command, plain) as function:
            answer = self._answer("plain Keras files", function, red, "image/png")
        _expect(_best(answer) == "red", f"red is {_best(answer)!r}")
        with self._function("training.publish_handler.handler") as function:
            event = events.s3_put("models", "team/colours/incoming/model.keras")
            states = self._timed("publishing", function, event)
        _expect(states == {"colours": "published"}, f"the publishing function says {states}")
        stage = {"MICROLENS_MODEL": "s3://models/team/colours@dev"}
        with self._function(self.image.command, stage) as function:
            answer = self._answer("what was published", function, red, "image/png")
        _expect(_best(answer) == "red", f"red is {_best(answer)!r} once published")

    def _is_closed(self) -> None:
        """Nobody is root, and nothing but /tmp can be written."""
        program = (
            "import os, errno\n"
            "assert os.getuid() != 0, 'root'\n"
            "open('/tmp/x', 'w').close()\n"
            "for path in ('/var/task/x', '/x', '/etc/x', '/var/tmp/x'):\n"
            "    try: open(path, 'w')\n"
            "    except OSError as exc: assert exc.errno == errno.EROFS, (path, exc)\n"
            "    else: raise SystemExit(path + ' was written')\n"
        )
        command = self.image.inside("/usr/bin/python3", "-c", program)
        done = subprocess.run(command, env=_SYSTEM_VARIABLES, check=False)
        _expect(done.returncode == 0, "the image is not closed to its own code")

    def _function(self, handler: str, extra: dict[str, str] | None = None) -> Any:
        env = {
            **_SYSTEM_VARIABLES,
            **self.image.environment,
            **self.seaweed.environment(),
            **_PLACES,
            **(extra or {}),
        }
        runtime = self.image.runtime
        return emulator(handler, env, Path("/"), _SECONDS, runtime=runtime, bare=True)

    def _answer(self, what: str, function: Emulator, body: bytes, kind: str) -> dict[str, Any]:
        """The first answer of a function, timed, and one more."""
        event = events.http("http_api_v2", body, kind)
        document = _body(self._timed(what, function, event), function)
        start = time.perf_counter()
        _answer(function, body, kind)
        self.found[-1] += f", the next after {(time.perf_counter() - start) * 1e3:.0f} ms"
        return document

    def _timed(self, what: str, function: Emulator, event: dict[str, Any]) -> Any:
        start = time.perf_counter()
        reply = function.invoke(event)
        seconds = time.perf_counter() - start
        _expect("errorType" not in reply, f"{reply}\n{function.log()}")
        resident = function.rss_bytes() / 1e6
        self.found.append(f"{what}: first answer after {seconds:.2f} s, {resident:.0f} MB resident")
        return reply


def _answer(function: Emulator, body: bytes, kind: str) -> dict[str, Any]:
    return _body(function.invoke(events.http("http_api_v2", body, kind)), function)


def _body(reply: dict[str, Any], function: Emulator) -> dict[str, Any]:
    _expect(reply.get("statusCode") == 200, f"{reply}\n{function.log()}")
    document: dict[str, Any] = json.loads(reply["body"])
    return document


def _best(answer: dict[str, Any]) -> str:
    return str(answer["predictions"][0]["label"])


def _json_of(s3: S3Client, bucket: str, key: str) -> Any:
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _expect(kept: bool, otherwise: str) -> None:
    if not kept:
        raise Failed(otherwise)


def _keras_files() -> dict[str, bytes]:
    """What a team has: a model of Keras, its labels, how its pictures were prepared."""
    import keras

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        colour_network(keras).save(folder / "model.keras")
        write_labels(folder)
        (folder / "recipe.json").write_text('{"std": [255.0]}')
        return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def buckets(seaweed: Seaweed) -> Iterator[None]:
    """Buckets for all checks."""
    s3 = seaweed.client()
    for name in ("pictures", "results", "models"):
        s3.create_bucket(Bucket=name)
    yield
    s3.close()
