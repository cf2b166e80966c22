"""The loops over a frame: in machine code where the image holds it, in Python elsewhere. Both do the same."""

try:
    from .loops_viper import copy, crc16, digest, put_registers, put_request, take_registers, take_reply
except (ImportError, AttributeError):  # an image without machine code; a Python without its compiler
    from .loops_portable import copy, crc16, digest, put_registers, put_request, take_registers, take_reply  # noqa: F401
