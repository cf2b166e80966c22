"""What the machine is called: a number of its own, not secret, that stays whatever is installed on it.

A board's maker writes one into the device tree. Where none is there it is derived from machine-id(5), which itself is
not to be shown.
"""

import hashlib

_DEVICE_TREE = "/proc/device-tree/serial-number"
_MACHINE_ID = "/etc/machine-id"


def serial(device_tree=_DEVICE_TREE, machine_id=_MACHINE_ID):
    """Return the number as text, "" if the machine has none."""
    return _content(device_tree).rstrip("\0") or _derived(_content(machine_id))


def _derived(text):
    if not text:
        return ""
    digest = hashlib.sha256(("sluice" + text).encode()).digest()
    return "".join(["%02x" % byte for byte in digest[:6]])


def _content(name):
    try:
        with open(name) as file:
            return file.read().strip()
    except OSError:
        return ""
