"""S3: its objects read whole and written on a condition, forms for uploads, and jobs.

Importing it imports boto3, which costs 300 to 500 ms with the first client, so whoever needs S3
imports it where it is used. Every failure of S3 or of the way to it leaves here as an error of
`inference.errors`, without the request, its signature or its headers. Everything is safe to call
from several threads.
"""

from __future__ import annotations

from inference.s3.clients import client
from inference.s3.forms import S3Form, upload_form
from inference.s3.objects import (
    S3Entry,
    S3Head,
    S3Object,
    get,
    get_changed,
    head,
    keys,
    lines,
    objects,
    put,
)

__all__ = [
    "S3Entry",
    "S3Form",
    "S3Head",
    "S3Object",
    "client",
    "get",
    "get_changed",
    "head",
    "keys",
    "lines",
    "objects",
    "put",
    "upload_form",
]
