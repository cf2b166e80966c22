"""What a device's key and the request for its certificate cost: the most that is ever calculated in one call."""

RANDOM = bytes(range(40))


def make():
    """Do what enrolment does between the random bytes and the files; give both files."""
    from sluice.keys import csr, p256

    private = p256.private_key(RANDOM)
    public = p256.public_key(private)
    return csr.key_pem(private, public), csr.csr_pem(private, public)


def run(way):
    """Give what comes of it ("files"), or what it costs ("cost"): all of it, and one product of the base point."""
    if way == "files":
        return make()
    from stopwatch import cost

    from sluice.keys.p256 import private_key, public_key

    make()  # loads the modules
    return {"make": cost(make), "product": cost(public_key, private_key(RANDOM))}
