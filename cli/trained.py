"""What a training run, or its plan, came to: as JSON has it, and as a person reads it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.transfer.making import Made
    from training.transfer.plans import Plan


def as_object(planned: Plan, made: Made | None) -> dict[str, Any]:
    """The document of `microlens train`; `made` is None for a dry run."""
    document = planned.as_object()
    if made is None:
        return {**document, "dry_run": True}
    for each, (right, _) in zip(document["classes"].values(), made.recalled, strict=True):
        each["right"] = right
    return {
        **document,
        "dry_run": False,
        "release": made.release,
        "manifest": made.manifest.model_dump(mode="json", exclude_none=True),
        "forms": {each.form: each.as_object() for each in made.candidates},
        "refused": list(made.refused),
        "method": list(made.method),
        "stopped": made.stopped,
    }


def print_trained(planned: Plan, made: Made | None) -> None:
    """Print the same in lines."""
    from rich.text import Text

    from cli.facts import print_facts
    from cli.terminal import stdout
    from inference.layout import abbreviated

    console = stdout()
    if made is None:
        console.print(Text(f"plan for {planned.order.out}", style="bold"))
        print_facts(console, [*planned.lines(), ("takes", f"about {planned.seconds} s, two cores")])
        console.print(Text("dry run: nothing was written"))
        return
    head = f"release {abbreviated(made.release)} of {made.manifest.name}, in {planned.order.out}"
    console.print(Text(head, style="bold"))
    print_facts(console, _lines(planned, made))
    to = f"STORE/{made.manifest.name}@dev"
    command = shlex.join(["microlens", "publish", str(planned.order.out), "--to", to])
    console.print(Text(f"publish: {command}"))


def _lines(planned: Plan, made: Made) -> list[tuple[str, str]]:
    lines = planned.lines()
    for each in made.candidates:
        served = ", served" if each is made.chosen else ""
        lines.append((each.form, f"{each}{served}"))
    lines.append(("by class", _by_class(planned, made)))
    lines += [("refused", each) for each in made.refused]
    lines += [("card", str(planned.order.out / "model-card.md"))]
    return lines


def _by_class(planned: Plan, made: Made) -> str:
    """What the share of all pictures hides where one class has most of them."""
    found = [
        (right / of, label, f"{right:,} of {of:,}")
        for label, (right, of) in zip(planned.survey.labels, made.recalled, strict=True)
        if of
    ]
    mean = sum(share for share, _, _ in found) / len(found)
    _, label, figures = min(found, key=lambda each: each[0])
    return f"{mean:.1%} right in the mean of classes; least often {label}, {figures}"
