"""An answer in time or none: what has not begun when a request's time is over is not begun.

What a thread is at, a picture being decoded or a model that runs, cannot be interrupted: it goes
on to its end, and nobody waits for it. A body must have come by then too, so that nobody keeps a
request open by sending a byte now and then.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Busy
from api.problems import problem_response
from inference.errors import BadRequest, MicrolensError

# What it takes to hand the answer to Lambda: a second, or a tenth of what is short.
_MARGIN_SECONDS = 1.0

_RETRY_SECONDS = 5.0


class Deadline:
    """Gives each request `seconds`; on Lambda no more than the invocation has left."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; answer for it when its time is over before it has begun to."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seconds = self._left(scope)
        is_answering = waits_for_body = False

        async def watched_receive() -> Message:
            nonlocal waits_for_body
            waits_for_body = True
            message = await receive()
            waits_for_body = False
            return message

        async def watched_send(message: Message) -> None:
            nonlocal is_answering
            if not is_answering:
                is_answering = True
                clock.reschedule(None)
            await send(message)

        clock = asyncio.timeout(seconds)
        try:
            async with clock:
                await self._app(scope, watched_receive, watched_send)
        except TimeoutError:
            if is_answering or not clock.expired():
                raise
            response = problem_response(_fault(seconds, waits_for_body=waits_for_body))
            if waits_for_body:
                response.headers["connection"] = "close"
            await response(scope, receive, send)

    def _left(self, scope: Scope) -> float:
        """How long the request may take, in seconds from now."""
        context = scope.get("aws.context")
        remaining = getattr(context, "get_remaining_time_in_millis", None)
        if remaining is None:
            return self._seconds
        left = float(remaining()) / 1e3
        return min(self._seconds, left - min(_MARGIN_SECONDS, left / 10))


def _fault(seconds: float, *, waits_for_body: bool) -> MicrolensError:
    """Whose fault it is: a body that does not come is the caller's."""
    if waits_for_body:
        return BadRequest(
            f"the body did not come whole within {seconds:.3g} seconds: send a smaller picture, or "
            "put it into S3 and send its address as url"
        )
    return Busy(f"the request was not answered within {seconds:.3g} seconds", _RETRY_SECONDS)
