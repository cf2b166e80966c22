"""The device's own key, made once in its life: NAME.key, and NAME.csr, the request for its certificate.

The key is drawn and written here and goes nowhere else: it is not told, logged or sent. What is sent is the request.
A key that is there is never replaced, since the certificate that was issued for it would be worth nothing without it.
The request is written first: a cut of power between the two leaves one that the next try replaces, and never a key
whose request is lost. What makes them is loaded for this, and given back.
Source: IEEE 2030.5-2018 6.11; handbook 003, annex C; requirement T1.
"""

import errno

_THERE = "%s is there already and a certificate may have been issued for it; to make another key, move this one away"
_NO_READ = "%s cannot be looked for (%s); there must be leave to read its folder"
_NO_WRITE = "%s cannot be written (%s); its folder must be there, with room and leave to write"
_NOT_RANDOM = "no key is made: the random source gave the same bytes twice; this device needs repair"


class EnrolError(Exception):
    """No key was made; the message says why, and what to do."""


def make_key(port, name):
    """Write `name`.key and `name`.csr and return the file name of the second, the request. EnrolError: why not."""
    key, request = name + ".key", name + ".csr"
    try:
        with port.open_file(key):
            raise EnrolError(_THERE % key)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise EnrolError(_NO_READ % (key, error))
    files = _made(port)
    for file in (request, key):
        try:
            port.replace_file(file, (files.pop(),))
        except OSError as error:
            raise EnrolError(_NO_WRITE % (file, error))
    return request


def new_key(port, name):
    """Make a key as a person asks for it, and tell what came of it. Return 0, or 2 if there is none."""
    try:
        port.print("%s is the request: have a certificate issued for it. The key stays here." % make_key(port, name))
    except EnrolError as error:
        port.print(str(error))
        return 2
    return 0


def _made(port):
    """Return the content of the key's file, and of the request's."""
    from sluice.keys import csr, p256

    random = port.random_bytes(p256.RANDOM_BYTES)
    if random == port.random_bytes(p256.RANDOM_BYTES):
        raise EnrolError(_NOT_RANDOM)
    private = p256.private_key(random)
    public = p256.public_key(private)
    files = [csr.key_pem(private, public), csr.csr_pem(private, public)]
    for module in ("sluice.keys.csr", "sluice.keys.p256", "sluice.keys"):
        port.unload(module)
    return files
