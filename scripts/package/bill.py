"""The bill of materials: which packages are in, under which licences.

CycloneDX JSON, where PEP 770 puts it: `microlens-….dist-info/sboms/`. The licences themselves are
kept in `licenses/`, since most ask to go along; the rest of the packages' metadata goes, for
pydantic looks through all of it at each start. TensorFlow's packages ask for each other's versions
and keep theirs.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from scripts.package.target import Target, version

FILE: Final = "microlens.cdx.json"
_LICENCES: Final = ("licen", "copying", "notice", "authors")


def write_bill(folder: Path, own: Path, target: Target) -> None:
    """Write the bill of what is installed in `folder`, keep its licences, drop its metadata."""
    found = sorted(_installed(folder, own), key=lambda each: each.name.lower())
    text = json.dumps(bill(found, target), indent=1, sort_keys=True)
    (own / "sboms").mkdir()
    (own / "sboms" / FILE).write_text(text + "\n")
    for each in found:
        _keep_licences(each, folder / "licenses" / f"{each.name}-{each.version}")
    if target.kind != "tensorflow":
        for path in folder.glob("*.dist-info"):
            if path != own:
                shutil.rmtree(path)


def bill(found: list[Distribution], target: Target) -> dict[str, Any]:
    """The document; neither a time nor a random number is in it."""
    bom = Bom()
    bom.metadata.component = Component(
        name="microlens",
        version=version(),
        type=ComponentType.APPLICATION,
        bom_ref=f"microlens@{version()}",
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
        description=f"{target.kind}, Python {target.python}, {target.architecture}",
    )
    for each in found:
        component = _component(each)
        bom.components.add(component)
        bom.register_dependency(bom.metadata.component, [component])
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]
    document["serialNumber"] = ""
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, content).urn
    return document


def _component(found: Distribution) -> Component:
    licence = _licence(found)
    return Component(
        name=found.name,
        version=found.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{found.name}@{found.version}",
        purl=PackageURL("pypi", name=found.name.lower(), version=found.version),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else (),
    )


def _licence(found: Distribution) -> str:
    """Its SPDX expression, else its own words, else what its classifiers say."""
    about = found.metadata.json
    classifiers = (str(each) for each in about.get("classifier", ()))
    classified = [each for each in classifiers if each.startswith("License ::")]
    words = about.get("license_expression") or about.get("license")
    words = words or " ".join(each.rpartition(":: ")[2] for each in classified)
    # Some write the whole licence there: then the first line names it.
    return str(words).strip().partition("\n")[0]


def _installed(folder: Path, own: Path) -> Iterator[Distribution]:
    for each in distributions(path=[str(folder)]):
        if each.name != own.name.partition("-")[0]:
            yield each


def _keep_licences(found: Distribution, folder: Path) -> None:
    """Copy the texts that speak of rights out of a package's metadata."""
    for path in found.files or ():
        inside = path.parts[0].endswith(".dist-info")
        if inside and path.name.lower().startswith(_LICENCES):
            folder.mkdir(parents=True, exist_ok=True)
            name = "-".join(path.parts[1:]).removeprefix("licenses-")
            shutil.copy(path.locate(), folder / name)
