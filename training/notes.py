"""What a person should know of a network that is served as it is."""

from __future__ import annotations

from collections.abc import Iterator

from training.networks import Network


def notes_on(network: Network, classes: int) -> Iterator[str]:
    """What is unusual about `network`, which answers for `classes`, in sentences."""
    if network.ending and network.ending.twice:
        yield "the network takes a softmax of a softmax: its scores lie close together"
    if network.ending is None:
        yield "the last activation was told from the answers: no layer names it"
    elif network.ending.activation == "linear":
        yield "the network ends without an activation: a softmax is taken of its answers"
    elif network.ending.activation not in ("softmax", "sigmoid"):
        yield f"the network ends in {network.ending.activation}: a softmax is taken of its answers"
    if network.outputs == 1 and classes == 2:
        yield "the one output says how likely the second label is; the first has the rest"
    if network.flat:
        yield "the network's input has no axis for channels: pictures are grey"
