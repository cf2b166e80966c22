"""The lock of the console: a site code, and how often a wrong one was given.

A try is counted on flash before it is compared, so that pulling the plug is no way to have more of them. The code is
kept salted and hashed, once: it keeps a code that is used elsewhere, too, from who reads this flash; the keys of this
gateway lie beside it.
Source: docs/console.md 3.
"""

import binascii
import errno
import hashlib
import json

from micropython import const

from sluice_wire.console import TRIES, UNLOCKED_S, WAIT_MAX_S, WAIT_S

_RECORD = "/lock.json"
_SALT_BYTES = const(16)


class Lock:
    """`state`: the folder of the records; `uptime`: a function. `commissioned`: the site is, so it wants a code."""

    def __init__(self, port, state, uptime, commissioned):
        self._port = port
        self._state = state
        self._uptime = uptime
        self.commissioned = commissioned
        self._until = uptime()  # it is open until then
        self._record = self._read()
        self._wait_until = self._penalty_s()  # from the start on: who has waited does not again when this is made anew

    def _read(self):
        # {} = there is none. One that is damaged lets nobody in: that is for who can write this flash.
        try:
            record = json.loads(self._port.read_file(self._state + _RECORD))
            if isinstance(record["salt"], str) and isinstance(record["hash"], str) and isinstance(record["wrong"], int):
                return record
        except OSError as error:
            if error.errno == errno.ENOENT:
                return {}
        except (ValueError, KeyError, TypeError):
            pass
        return {"salt": "", "hash": "", "wrong": TRIES}

    @property
    def coded(self):
        """A code has been set."""
        return bool(self._record)

    @property
    def locked(self):
        """Most commands are refused."""
        if not self._record:
            return self.commissioned
        return self._uptime() >= self._until

    def remembers(self):
        """Tell whether it knows more than its record says: who has unlocked it, and who has to wait."""
        return self.coded and not self.locked or self.wait_s() > 0

    def touch(self):
        """Something was asked: who has unlocked it stays longer."""
        if not self.locked:
            self._until = self._uptime() + UNLOCKED_S

    def set(self, code):
        """Make `code` the site's, and lock. OSError if that cannot be written: then all is as it was."""
        salt = binascii.hexlify(self._port.random_bytes(_SALT_BYTES)).decode()
        self._write({"salt": salt, "hash": _hash(salt, code), "wrong": 0})
        self._until = self._uptime()

    def wait_s(self):
        """Return the seconds for which no code is looked at."""
        return max(0, self._wait_until - self._uptime())

    def unlock(self, code):
        """Return whether `code` is right, and unlock then. OSError if the try cannot be counted: it is not compared."""
        record = self._record
        if not record["hash"]:
            return False  # nothing is written over what may be read again after the next start
        wrong = record["wrong"]
        self._write({"salt": record["salt"], "hash": record["hash"], "wrong": wrong + 1})
        if _hash(record["salt"], code) != record["hash"]:
            self._wait_until = self._uptime() + self._penalty_s()
            return False
        self._write({"salt": record["salt"], "hash": record["hash"], "wrong": 0})
        self._until = self._uptime() + UNLOCKED_S
        return True

    def _penalty_s(self):
        over = self._record["wrong"] - TRIES if self._record else -1
        return 0 if over < 0 else min(WAIT_MAX_S, WAIT_S << min(over, 8))

    def _write(self, record):
        self._port.make_folder(self._state)
        self._port.replace_file(self._state + _RECORD, (json.dumps(record).encode(),))
        self._record = record


def _hash(salt, code):
    return binascii.hexlify(hashlib.sha256((salt + code).encode()).digest()).decode()
