"""Which configuration is in force: a new one is on trial, and the old one waits until the new one has worked.

A trial ends well when the server has answered and every device has been read; it ends badly when that has not
come in time, when the program has ended too often meanwhile, or when nothing can be made of the new one at all. Each
start is counted on flash before it is made, so a configuration that kills the program is given up, too.
Source: docs/console.md 4.3.
"""

import errno
import json

from sluice_wire.console import RESTART, TRIAL_S, TRIAL_STARTS

_NEXT = ".next"  # after the name of the configuration
_STARTS = "/trial.json"
_WORKS = "the new configuration works: the server has answered and every device was read; it is kept"
_UNKEPT = "the new one works and cannot be kept (%s); there must be room, and leave to write"
_BACK = "the old configuration is back: with the new one %s"
_LATE = "%s in %d s"
_DIED = "the program ended %d times"
_UNCOUNTED = "starts cannot be counted (%s)"
_LEFT = "; that cannot be removed (%s)"
_STAYS = "the old configuration cannot come back (%s); there must be leave to write"


class Trial:
    """The configuration `name` and the one that may be on trial beside it; `state`: the folder of the records."""

    def __init__(self, port, name, state):
        self._port = port
        self.kept = name
        self.next = name + _NEXT
        self._state = state
        self._given_up = False

    @property
    def name(self):
        """The file of the configuration in force."""
        return self.next if self.running() else self.kept

    def running(self):
        """Tell whether one is on trial."""
        return not self._given_up and self._is_there(self.next)

    def what(self):
        """Return "trial", "kept", or None if there is none."""
        return "trial" if self.running() else "kept" if self._is_there(self.kept) else None

    def _is_there(self, name):
        try:
            with self._port.open_file(name):
                return True
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            return False

    def put(self, content, usable):
        """Take a new configuration, on trial where the old one is `usable`. OSError leaves all as it was."""
        self._count(0)
        self._port.replace_file(self.next if usable else self.kept, (content,))
        self._given_up = False
        if not usable:
            self._port.remove_file(self.next)

    def begin(self):
        """The program starts: return why one on trial is given up now, "" if none is."""
        if not self.running():
            return ""
        starts = self._starts() + 1
        try:
            self._count(starts)
        except OSError as error:
            return self.give_up(_UNCOUNTED % error)
        return self.give_up(_DIED % TRIAL_STARTS) if starts > TRIAL_STARTS else ""

    def give_up(self, why):
        """The program starts with the old configuration, also where the new one cannot be removed: it is looked at
        with the next start again. Return what to tell."""
        self._given_up = True
        try:
            return self.drop(why)
        except OSError as error:
            return _BACK % why + _LEFT % error

    def keep(self):
        """The configuration on trial is the one to keep. Return what to tell. OSError: it stays on trial."""
        self._port.replace_file(self.kept, (self._port.read_file(self.next),))
        self._port.remove_file(self.next)
        return _WORKS

    def drop(self, why):
        """The old configuration comes back. Return what to tell."""
        self._port.remove_file(self.next)
        return _BACK % why

    def step(self, now, journal, said, missing):
        """A second of a trial: `now` is the uptime, `said` whether the server has answered, `missing`: devices that
        have not been read. Return whether it is still on; SystemExit if the old one comes back."""
        if said and not missing:
            try:
                journal.write(self.keep())
                return False
            except OSError as error:
                journal.fault("configuration", _UNKEPT % error)
        if now < TRIAL_S:
            return True
        why = "not every device was read" if missing else "it was not kept" if said else "the server has not answered"
        try:
            journal.write(self.drop(_LATE % (why, TRIAL_S)))
        except OSError as error:
            journal.fault("configuration", _STAYS % error)
            return True
        raise SystemExit(RESTART)

    def _starts(self):
        try:
            return int(json.loads(self._port.read_file(self._state + _STARTS)))
        except (OSError, ValueError, TypeError, OverflowError):
            return 0

    def _count(self, starts):
        self._port.make_folder(self._state)
        self._port.replace_file(self._state + _STARTS, (str(starts).encode(),))
