"""A compressed frame in, the size that its own header claims out, before a decoder allocates it."""

import struct

__all__ = ["claimed_size"]

_J2K_START = b"\xff\x4f\xff\x51"
_JP2_START = b"\x00\x00\x00\x0cjP  "
_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""SOF markers of JPEG and of JPEG-LS; C4, C8 and CC are others."""


def _jpeg2000(frame: bytes) -> tuple[int, int, int, int] | None:
    """Size of a JPEG 2000 codestream from its SIZ marker segment, which must come first."""
    if len(frame) < 43:
        return None
    x1, y1, x0, y0, tile_x, tile_y, tile_x0, tile_y0, components = struct.unpack(">8IH", frame[8:42])
    if x1 <= x0 or y1 <= y0 or not tile_x or not tile_y:
        return None
    tiles = ((x1 - tile_x0 + tile_x - 1) // tile_x) * ((y1 - tile_y0 + tile_y - 1) // tile_y)
    if tiles > 4096 or max(tile_x, tile_y) > 2**20:
        return None
    return y1 - y0, x1 - x0, components, (frame[42] & 0x7F) + 1


def _jpeg(frame: bytes) -> tuple[int, int, int, int] | None:
    """Size of a JPEG or JPEG-LS stream from its frame header."""
    at = 2
    while at + 4 <= len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(frame[at + 2 : at + 4], "big")
        if marker in _FRAME_MARKERS:
            if at + 10 > len(frame):
                return None
            precision, rows, columns, components = struct.unpack(">BHHB", frame[at + 4 : at + 10])
            return rows, columns, components, precision
        at += 2 + length
    return None


def claimed_size(frame: bytes) -> tuple[int, int, int, int] | None:
    """Read rows, columns, components and bits of a component from a JPEG 2000, JPEG or JPEG-LS frame.

    Returns
    -------
    tuple or None
        None where no frame header is found, or one that no scanner writes (boxes around the codestream, or thousands of
        tiles).

    References
    ----------
    ITU-T T.81, B.2.2 (JPEG); ITU-T T.87, C.2.2 (JPEG-LS); ITU-T T.800, A.5.1 (JPEG 2000).
    """
    if frame[:4] == _J2K_START:
        return _jpeg2000(frame)
    if frame[:8] == _JP2_START:
        at = frame.find(_J2K_START)
        return _jpeg2000(frame[at:]) if at > 0 else None
    return _jpeg(frame) if frame[:2] == b"\xff\xd8" else None
