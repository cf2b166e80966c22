"""What this gateway was set up with: the files beside its configuration, and into which mode it starts.

    gateway.json          the configuration in force (or whatever it is called)
    gateway.json.next     one on trial
    pki/                  keys, requests, certificates
    state/                what outlives a restart

Source: docs/console.md 2, 4.
"""

from sluice_wire.console import DEVICE, SERVICE

from .trial import Trial

_SERVICE = "/service"  # a record: start into service mode, once
_NEW = ".new"  # what a power cut leaves of a file that was being written


class Setup:
    """The folder of the configuration file `name`."""

    def __init__(self, port, name):
        self.port = port
        self.folder = name[: name.rfind("/") + 1]
        self.state = self.folder + "state"
        self.pki = self.folder + "pki"
        self.trial = Trial(port, name, self.state)
        self.wrong = ""  # what is wrong with the configuration

    def wants_service(self):
        """Return whether it was restarted for service mode; the next time it is not."""
        if _SERVICE[1:] not in self.port.file_names(self.state):
            return False
        try:
            self.port.remove_file(self.state + _SERVICE)
        except OSError:
            return False  # it would be for ever
        return True

    def restart_into(self, mode):
        """Let the next start be into `mode`. OSError if that cannot be written."""
        if mode == SERVICE:
            self.port.make_folder(self.state)
            self.port.replace_file(self.state + _SERVICE, (b"1",))

    def pem(self, name):
        """Return the file of certificates NAME.pem."""
        return "%s/%s" % (self.pki, name)

    def key(self, name=DEVICE):
        """Return the files of a key and its request, without .key and .csr."""
        return "%s/%s" % (self.pki, name)

    def has_key(self):
        """Tell whether there is a key of this device's own."""
        return DEVICE + ".key" in self.port.file_names(self.pki)

    def remove(self):
        """Remove all. OSError if something cannot be: begin again then."""
        for name in (self.trial.next, self.trial.kept):
            self.port.remove_file(name)
            self.port.remove_file(name + _NEW)
        for folder in (self.pki, self.state):
            for name in self.port.file_names(folder):
                self.port.remove_file("%s/%s" % (folder, name))
