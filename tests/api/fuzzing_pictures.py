"""What schemathesis cannot know: what is inside a picture, and that a form has no types."""

from __future__ import annotations

import io
from typing import Any

import schemathesis
from hypothesis import strategies as st
from PIL import Image
from schemathesis.core.parameters import ParameterLocation


def _picture(file_format: str) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((16, 9), 50).convert("RGB").save(file, file_format)
    return file.getvalue()


def _spoilt(picture: bytes) -> st.SearchStrategy[bytes]:
    """The picture cut off, or with one byte changed."""
    places = st.integers(0, len(picture) - 1)
    cut = places.map(lambda at: picture[:at])
    changed = st.builds(
        lambda at, byte: picture[:at] + bytes([byte]) + picture[at + 1 :],
        places,
        st.integers(0, 255),
    )
    return cut | changed


_WHOLE = [_picture(each) for each in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")]
PICTURES = st.sampled_from(_WHOLE) | st.sampled_from(_WHOLE).flatmap(_spoilt) | st.binary()

schemathesis.openapi.media_type("image/*", PICTURES)
schemathesis.openapi.media_type("application/octet-stream", PICTURES)
schemathesis.openapi.format("binary", PICTURES)


@schemathesis.hook
def filter_case(_context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Leave out forms that are wrong by their types alone.

    One value and a list of one are the same parts, a number and its digits the same text: such a
    form is right when it arrives.
    """
    form = case.body if case.media_type == "multipart/form-data" else None
    known = isinstance(form, dict) and bool(form) and form.keys() <= {"image", "url"}
    return not (known and case.meta and case.meta.is_negative_at(ParameterLocation.BODY))
