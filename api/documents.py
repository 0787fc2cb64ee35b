"""HTML pages that come whole: style and script inside, and a policy that lets nothing else run.

One page is one request. On Lambda a browser that fetched a style sheet and six scripts at once
would start as many environments, each with a cold start of its own.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

from api.conditional import conditional, entity_tag

FOLDER = Path(__file__).resolve().parent / "page"

_STYLE = "<style></style>"
_SCRIPT = '<script type="module"></script>'
_FORM = '<form id="token"></form>'
_META = '<meta name="microlens" content="{}">'


@dataclass(frozen=True, slots=True)
class Document:
    """A page as it is sent, and the headers that go with it."""

    content: bytes
    headers: Mapping[str, str]

    def answer(self, request: Request) -> Response:
        """The page, or 304 for who has it."""
        tag = self.headers["etag"]
        return conditional(request, self.content, "text/html", tag, self.headers)


def compose(
    page: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    values: Mapping[str, object],
    connect: Sequence[str] = (),
) -> Document:
    """The page `page` with the form for a token, its styles and its scripts in their places.

    The scripts share one scope, in the order given. `values` reach them as JSON in a `meta`
    element. They may talk to the service itself and to the origins in `connect`.
    """
    css = "\n".join(map(_read, styles))
    code = "\n".join(map(_read, scripts))
    meta = _META.replace("{}", html.escape(json.dumps(values, ensure_ascii=False)))
    text = _read(page)
    for place, filled in (
        (_META, meta),
        (_FORM, _read("token.html").rstrip()),
        (_STYLE, f"<style>{css}</style>"),
        (_SCRIPT, f'<script type="module">{code}</script>'),
    ):
        text = text.replace(place, filled, 1)
    content = text.encode()
    policy = (
        "default-src 'none'",
        f"style-src {_allowed(css)}",
        f"script-src {_allowed(code)}",
        "img-src 'self' blob: data:",
        " ".join(("connect-src 'self'", *connect)),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
    headers = {
        "etag": entity_tag(content),
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    return Document(content, headers)


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _allowed(code: str) -> str:
    """How a policy names the one inline style or script that may be used."""
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return f"'sha256-{digest}'"
