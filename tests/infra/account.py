"""The account of a moto server in which the stack was made: see `tests.infra.making`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.infra.stacks import Json, Stack, entry
from tests.servers.aws import Aws, Keys
from tests.servers.emulator import Emulator, emulator


@dataclass(frozen=True, slots=True)
class Account:
    """The account in which the stack was made, as its administrator sees it.

    `names` are what was made: by logical id its name (of a queue the address, of a topic the ARN),
    and by `LOGICAL_ID.Attribute` its attributes. `roles` are sessions of each role of a function.
    """

    aws: Aws
    made: Stack
    names: Mapping[str, str]
    roles: Mapping[str, Keys]

    def real(self, node: Any) -> Any:
        """A part of the worked out template with the names of what was made."""
        return real(node, self.names)

    def received(self, logical_id: str) -> list[Json]:
        """The messages that wait in a queue, taken out of it."""
        sqs, address = self.aws.client("sqs"), self.names[logical_id]
        found: list[Json] = []
        while batch := sqs.receive_message(
            QueueUrl=address, MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            found += batch
            for each in batch:
                sqs.delete_message(QueueUrl=address, ReceiptHandle=each["ReceiptHandle"])
        return found

    @contextmanager
    def running(self, function: str, **changed: str) -> Iterator[Emulator]:
        """A function of the template in AWS's emulator: its variables, memory, time and role.

        `changed` are variables that are to be others. An image's command is run without its image.
        """
        properties = self.made.of_type("AWS::Lambda::Function")[function]
        variables = {k: str(v) for k, v in properties["Environment"]["Variables"].items()}
        lambda_own = {
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties["MemorySize"]),
        }
        role = self.aws.by(self.roles[properties["Role"].removesuffix(".Arn")])
        env = {**variables, **lambda_own, **role.environment(), **changed}
        with emulator(entry(properties), env, timeout_seconds=properties["Timeout"]) as found:
            yield found


def real(node: Any, names: Mapping[str, str]) -> Any:
    """A part of the template with `names` in place of what they stand for."""
    match node:
        case list():
            return [real(each, names) for each in node]
        case dict():
            return {key: real(value, names) for key, value in node.items()}
        case str():
            return names.get(node, node)
    return node
