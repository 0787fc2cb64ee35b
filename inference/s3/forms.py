"""Forms with which somebody else may write one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference.errors import SourceUnavailable
from inference.s3 import clients
from inference.s3.faults import faults_of_s3


@dataclass(frozen=True, slots=True)
class S3Form:
    """What a browser or `curl -F` sends to S3: the address, and the fields before the file.

    The fields are a permission: whoever has them may write this one object.
    """

    url: str
    fields: Mapping[str, str] = field(repr=False)


def upload_form(bucket: str, key: str, max_bytes: int, seconds: int) -> S3Form:
    """A form with which anybody may write this one object for so long, and no larger one.

    Nobody is asked: it is signed here. Raises `SourceUnavailable` without credentials.
    """
    sizes = ["content-length-range", 1, max_bytes]
    with faults_of_s3(f"s3://{bucket}/{key}", "write"):
        try:
            made = clients.client().generate_presigned_post(
                bucket, key, Conditions=[sizes], ExpiresIn=seconds
            )
        except AttributeError as exc:  # boto3 asks nobody for the name of his key
            raise SourceUnavailable("there are no AWS credentials to sign a form with") from exc
    url = made["url"]
    if url == f"https://{bucket}.s3.amazonaws.com/":
        # The host of all Regions answers a new bucket's requests with a redirect, which browsers
        # do not follow with a form; the Region's own does not.
        url = clients.client().meta.endpoint_url.replace("https://", f"https://{bucket}.") + "/"
    return S3Form(url, made["fields"])
