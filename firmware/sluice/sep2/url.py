"""Addresses: hrefs as servers write them, to request targets.

Only the entry address is configured, every other comes from a server and must stay on it: an address of another
host is refused. Servers forget to percent-encode, and forget the leading slash (T5).
Source: RFC 3986; IEEE 2030.5-2018 5.3; requirements T5, T6.
"""

from sluice.sep2.http_error import HttpError

_PORTS = {"https": "443", "http": "80"}
_LEGAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?[]"
_HEX = b"0123456789ABCDEFabcdef"


def split(url):
    """Return (scheme, host, port, target) of an absolute URL, all str; HttpError if it is none."""
    scheme, mark, rest = url.strip().partition("://")
    scheme = scheme.lower()
    authority = rest.replace("?", "/").split("/")[0]
    host, _, port = authority.partition(":")
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        port = port[1:]
    port = port or _PORTS.get(scheme, "")
    if not mark or not host or scheme not in _PORTS or not port.isdigit():
        raise HttpError('"%s" is not an address like https://host:port/path' % url)
    target = rest[len(authority) :].split("#")[0]
    return scheme, host.lower(), port, target if target.startswith("/") else "/" + target


def resolve(base, ref):
    """Return the request target that `ref` means, found in a document or header from the absolute URL `base`."""
    ref = ref.strip()
    if ref.startswith("//"):
        ref = base.split("://")[0] + ":" + ref
    if "://" in ref.split("?")[0]:
        here = split(base)
        there = split(ref)
        if there[:3] != here[:3]:
            raise HttpError("the server points to another host: %s" % ref)
        return there[3]
    ref = ref.split("#")[0]
    if ref.startswith("?"):
        return split(base)[3].split("?")[0] + ref
    return ref if ref.startswith("/") else "/" + ref


def add_query(href, s, l):  # noqa: E741 (the standard's names)
    """Return `href` with the list query: items from `s` on, at most `l` of them."""
    return "%s%ss=%d&l=%d" % (href, "&" if "?" in href else "?", s, l)


def quote(target):
    """Return the bytes of `target`, those that may not stand in a request percent-encoded; %XX stays as it is."""
    raw = target.encode()
    quoted = bytearray()
    for k, c in enumerate(raw):
        escape = c == 37 and k + 2 < len(raw) and raw[k + 1] in _HEX and raw[k + 2] in _HEX
        if escape or c in _LEGAL:
            quoted.append(c)
        else:
            quoted.extend(b"%%%02X" % c)
    return bytes(quoted)
