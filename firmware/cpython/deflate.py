"""What CPython lacks: what the gateway uses of MicroPython's `deflate` module. See micropython.py beside it."""

import zlib

GZIP = 3
_BITS = 31  # gzip, with a window of any size


class DeflateIO:
    """The content of a gzip stream, read piece by piece: EOFError where it is cut, OSError where it is damaged."""

    def __init__(self, stream, format):
        self._stream = stream
        self._inflater = zlib.decompressobj(_BITS)

    def readinto(self, buf):
        """Fill `buf`; give how many bytes, 0 at the end."""
        try:
            while not self._inflater.eof:
                data = self._inflater.unconsumed_tail or self._stream.read(len(buf))
                if not data:
                    raise EOFError
                piece = self._inflater.decompress(data, len(buf))
                if piece:
                    buf[: len(piece)] = piece
                    return len(piece)
        except zlib.error as error:
            raise OSError(22, str(error)) from error
        return 0
