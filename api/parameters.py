"""Query parameters: a misspelt or repeated one is refused, where it would be ignored."""

from __future__ import annotations

from fastapi import Request

from inference.errors import BadRequest

# What an address carries that was signed for a function URL; AWS has checked it before us.
_SIGNATURE = "x-amz-"


async def no_stray_parameters(request: Request) -> None:
    """A dependency of a route: `BadRequest` for a query parameter that it lacks, or gets twice.

    Whoever writes `topk=1` would otherwise get five answers and not
    know why.
    """
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name in seen:
            raise BadRequest(f"the parameter {name[:80]!r} is given more than once")
        if name in known:
            seen.add(name)
        elif not name.lower().startswith(_SIGNATURE):
            raise BadRequest(
                f"there is no parameter {name[:80]!r}; {request.url.path} takes "
                f"{' and '.join(known) or 'none'}"
            )
