"""What a server does wrong in HTTP."""


class HttpError(ValueError):
    """The server's answer, or an address it gave, cannot be used: the message says why."""
