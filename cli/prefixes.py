"""`s3://BUCKET/PREFIX` on the command line: everything whose key begins so."""

from __future__ import annotations

import typer


def parse_prefix(text: str, hint: str) -> tuple[str, str]:
    """Bucket and prefix, the latter as it was typed; wrong usage for any other text."""
    from inference.addresses import BUCKET_NAME, MAX_KEY_BYTES

    scheme, _, place = text.partition("://")
    bucket, _, prefix = place.partition("/")
    if scheme != "s3" or not BUCKET_NAME.fullmatch(bucket):
        raise typer.BadParameter(f"{text!r} is not s3://BUCKET/PREFIX", param_hint=hint)
    try:
        too_long = len(prefix.encode()) > MAX_KEY_BYTES
    except UnicodeEncodeError as exc:
        raise typer.BadParameter(f"{text!r} is no UTF-8", param_hint=hint) from exc
    if too_long:
        raise typer.BadParameter(
            f"the prefix is longer than the {MAX_KEY_BYTES:,} bytes S3 allows", param_hint=hint
        )
    return bucket, prefix
