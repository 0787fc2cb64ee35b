"""`GET /`: the page for people."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

router = APIRouter()

_PAGE = Path(__file__).resolve().parent.parent / "page" / "index.html"


@router.get("/", include_in_schema=False)
async def page() -> FileResponse:
    """A page that classifies the pictures dropped on it."""
    return FileResponse(_PAGE, headers={"cache-control": "no-cache"})
