"""Frames as they travel, to the agent and to a child alike; next: wire.py.

A frame is a big-endian uint32 length of what follows, one byte of kind, and a body. Kind 0: a JSON object. Kind 1: a piece of
a file, a big-endian uint32 file number and then the bytes.
"""

import json
import struct

FRAME_BYTES_MAX = 1 << 20
PIECE_BYTES = 128 * 1024
JSON, PIECE = 0, 1

_head = struct.Struct(">IB")
_piece = struct.Struct(">IBI")
_number = struct.Struct(">I")
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class FrameError(Exception):
    """The other side does not speak frames: it must go."""


def pack_json(value):
    """Raises ValueError or TypeError for what JSON cannot say, FrameError for what is too long."""
    body = _encode(value).encode("ascii")
    if len(body) + 5 > FRAME_BYTES_MAX:
        raise FrameError("a frame of %d bytes" % len(body))
    return _head.pack(len(body) + 1, JSON) + body


def pack_piece(number, data):
    return _piece.pack(len(data) + 5, PIECE, number) + data


def _refuse(word):
    raise ValueError(word + " is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).decode


def read_json(body):
    """An object, or FrameError: for broken UTF-8, for nesting beyond the stack, for anything but an object."""
    try:
        value = _decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FrameError("not JSON: %s" % str(error)[:100]) from None
    if type(value) is not dict:
        raise FrameError("not an object")
    return value


def split_piece(body):
    if len(body) < 4:
        raise FrameError("a piece without a number")
    return _number.unpack_from(body)[0], body[4:]


class FrameReader:
    """Cuts a stream of bytes into (kind, body); holds at most one frame and what was fed last."""

    def __init__(self, frame_bytes_max=FRAME_BYTES_MAX):
        self._buffer = bytearray()
        self._max = frame_bytes_max

    def feed(self, data):
        self._buffer += data

    def next(self):
        """The next whole frame, or None until more is fed."""
        buffer = self._buffer
        if len(buffer) < 5:
            return None
        length, kind = _head.unpack_from(buffer)
        if length < 1 or length + 4 > self._max or kind not in (JSON, PIECE):
            raise FrameError("a frame of kind %d and %d bytes" % (kind, length))
        if len(buffer) < length + 4:
            return None
        body = bytes(buffer[5 : length + 4])
        del buffer[: length + 4]
        return kind, body
