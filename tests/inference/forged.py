"""Picture files put together by hand: headers that lie, and kinds that no encoder here writes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence

TiffTags = Mapping[int, tuple[int, Sequence[int]]]
"""Tag → type (2 is text, 3 is 16 bits, 4 is 32 bits, 6 is 8 bits with a sign) and values."""


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: bytes) -> bytes:
    """A PNG of these raw rows, filter bytes included, with `chunks` before its pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG, with its length and checksum."""
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def gif(width: int, height: int, before: bytes = b"") -> bytes:
    """A GIF that claims this size and holds two pixels; `before` stands before its frame."""
    screen = struct.pack("<HHBBB", width, height, 0, 0, 0)
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return b"GIF89a" + screen + before + frame + b"\2\2\x4c\1\0;"


def webp(width: int, height: int) -> bytes:
    """A WebP that claims this canvas and holds no frame."""
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + canvas
    body += b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp(width: int, height: int) -> bytes:
    """A BMP that claims this size and holds no pixels."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def tiff(
    width: int,
    height: int,
    tags: TiffTags,
    content: bytes,
    *,
    tiled: bool = False,
    planes: int = 1,
    order: str = "<",
) -> bytes:
    """A TIFF of one strip or tile for each of its planes, 8-bit grey unless `tags` say otherwise.

    `content` is all planes, of the same length each; `order` is that of the header's bytes.
    """
    offsets, counts = (324, 325) if tiled else (273, 279)
    length = len(content) // planes
    base: dict[int, tuple[int, Sequence[int]]] = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [8]),
        259: (3, [1]),
        262: (3, [1]),
        277: (3, [1]),
        **tags,
        offsets: (4, [0] * planes),
        counts: (4, [length] * planes),
    }
    start = len(_tiff_header(base, order))
    base[offsets] = (4, [start + length * plane for plane in range(planes)])
    return _tiff_header(base, order) + content


def _tiff_header(tags: TiffTags, order: str) -> bytes:
    entries, overflow = b"", b""
    after = 8 + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in sorted(tags.items()):
        raw = struct.pack(order + {2: "B", 3: "H", 4: "I", 6: "b"}[kind] * len(values), *values)
        place = raw.ljust(4, b"\0")
        if len(raw) > 4:
            place, overflow = struct.pack(order + "I", after + len(overflow)), overflow + raw
        entries += struct.pack(order + "HHI", tag, kind, len(values)) + place
    begin = b"II*\0" if order == "<" else b"MM\0*"
    return begin + struct.pack(order + "IH", 8, len(tags)) + entries + bytes(4) + overflow


def grey_jpeg(width: int, height: int, *, scans: int = 1, before: bytes = b"") -> bytes:
    """A flat mid-grey baseline JPEG of three components, in one scan or in one for each.

    Two bits a block: 60 megapixels are 700 kB. `before` stands between start and tables.
    """
    components = [1, 2, 3]
    parts = [components] if scans == 1 else [[each] for each in components]
    frame = b"".join(bytes([each, 0x11, 0]) for each in components)
    # One Huffman code for each table: no difference to the block before, and end of block.
    table = bytes([1] + [0] * 15) + b"\0"
    out = b"\xff\xd8" + before + jpeg_segment(0xDB, b"\0" + b"\1" * 64)
    out += jpeg_segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + frame)
    out += jpeg_segment(0xC4, b"\0" + table) + jpeg_segment(0xC4, b"\x10" + table)
    blocks = -(-width // 8) * -(-height // 8)
    for part in parts:
        selectors = b"".join(bytes([each, 0]) for each in part)
        whole, rest = divmod(blocks * 2 * len(part), 8)
        out += jpeg_segment(0xDA, bytes([len(part)]) + selectors + b"\0\x3f\0") + bytes(whole)
        out += bytes([0xFF >> rest]) if rest else b""
    return out + b"\xff\xd9"


def jpeg_segment(marker: int, content: bytes) -> bytes:
    """One segment of a JPEG, with its length."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def box(kind: bytes, content: bytes) -> bytes:
    """One box of an AVIF, with its length."""
    return struct.pack(">I", 8 + len(content)) + kind + content


def avif_of_items(count: int, stream: bytes = b"") -> bytes:
    """An AVIF that lists so many items, each of them the same stream, if there is one."""
    begin = box(b"ftyp", b"avif" + bytes(4) + b"avifmif1miaf")
    infos = b"".join(
        box(b"infe", struct.pack(">IIH4sx", 3 << 24, item, 0, b"av01"))
        for item in range(1, count + 1 if stream else 1)
    )
    lists = box(b"hdlr", bytes(8) + b"pict" + bytes(13))
    lists += box(b"iinf", struct.pack(">II", 1 << 24, count) + infos)
    place = len(begin) + 12 + len(lists) + 8 + 10 + 18 * count + 8
    where = struct.pack(">HII", 1, place, len(stream))
    items = b"".join(struct.pack(">IHH", item, 0, 0) + where for item in range(1, count + 1))
    listed = box(b"iloc", struct.pack(">IHI", 2 << 24, 0x4400, count) + items)
    return begin + box(b"meta", bytes(4) + lists + listed) + box(b"mdat", stream)
