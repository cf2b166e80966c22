"""How the bytes of an answer go out: whole, as HTTP also allows, or as a bad line or a bad server sends them.

Pure: bytes in, pieces out; whoever holds the connection writes them and ends it where that is said.
Source: RFC 9112 6, 7, 9.
"""

from collections.abc import Iterator

WHOLE = "whole"
CHUNKED = "chunked"
BAD_CHUNK = "bad chunk"  # the size of the last chunk is no number
SLOW_DRIP = "slow drip"
CUT = "cut"  # in the middle of the body
SILENT_CLOSE = "silent close"  # whole, and then the connection is gone without a word

IN_CHUNKS = (CHUNKED, BAD_CHUNK)
LAST = (BAD_CHUNK, CUT, SILENT_CLOSE)  # nothing comes after them on the same connection
CHUNK_SIZE = 64
DRIP_SIZE = 4  # bytes in each second


def chunks(body: bytes) -> list[bytes]:
    """Cut a body for chunked coding."""
    return [body[i : i + CHUNK_SIZE] for i in range(0, len(body), CHUNK_SIZE)]


def pieces(written: bytes, delivery: str) -> Iterator[bytes]:
    """Give what really goes out of a written answer; a second passes between two pieces."""
    head, end, body = written.partition(b"\r\n\r\n")
    if delivery == SLOW_DRIP:
        yield from (written[i : i + DRIP_SIZE] for i in range(0, len(written), DRIP_SIZE))
    elif delivery == CUT:
        yield head + end + body[: len(body) // 2]
    elif delivery == BAD_CHUNK:
        yield written.removesuffix(b"0\r\n\r\n") + b"no number\r\n"
    else:
        yield written
