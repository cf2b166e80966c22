"""RS485 whose driver is switched on by RTS (DE) for as long as the kernel sends: a request in bytes to the tty.

Loaded only where a line is to do so. Source: Linux, serial/serial-rs485.rst; ioctl_tty(2).
"""

import errno
import struct

from micropython import const

_TIOCSRS485 = const(0x542F)
_ENOTTY = const(25)
_ENABLED = const(1)
_RTS_ON_SEND = const(2)

_NO_MODE = (
    "it has no RS485 mode in which RTS switches the driver (bus.rts); leave bus.rts out if the adapter switches by "
    "itself, as most over USB do, else use a line of the board's whose driver has it"
)


def switch_by_rts(ioctl):
    """Ask for it by `ioctl(number, struct serial_rs485)`; OSError if the line cannot do so."""
    asked = bytearray(struct.pack("<8I", _ENABLED | _RTS_ON_SEND, 0, 0, 0, 0, 0, 0, 0))
    try:
        ioctl(_TIOCSRS485, asked)
    except OSError as error:
        if error.errno not in (_ENOTTY, errno.EINVAL, errno.EOPNOTSUPP):
            raise
        asked[0] = 0
    if not asked[0] & _ENABLED:  # what the driver made of it stands there now
        raise OSError(_NO_MODE)
