"""`microlens token`: a new bearer token, and the hash by which a service knows it."""

from __future__ import annotations

import typer

from cli.documents import Json, print_json

_RANDOM_BYTES = 32
# So that programs that look for secrets in the wrong place recognise one.
_PREFIX = "microlens_"


def token(
    as_json: Json = False,
) -> None:
    """Make a bearer token, and the hash for MICROLENS_TOKENS.

    Nothing is stored: who asks gets the token, the service gets the hash. A service takes several
    hashes, so that a new token can be given out before the old one goes.
    """
    import hashlib
    import secrets

    from inference.setting_types import HASH_PREFIX

    made = f"{_PREFIX}{secrets.token_urlsafe(_RANDOM_BYTES)}"
    known_as = f"{HASH_PREFIX}{hashlib.sha256(made.encode()).hexdigest()}"
    if as_json:
        print_json({"token": made, "hash": known_as})
    else:
        typer.echo(f"token  {made}\nhash   {known_as}")
        typer.echo("The token is shown this once. The hash belongs in MICROLENS_TOKENS.", err=True)
