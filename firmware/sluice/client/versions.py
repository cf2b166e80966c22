"""Which version of CSIP-AUS the server speaks, and where: its well-known document, asked for once.

1.3 where it is listed, else 1.2; of the addresses listed with it the first that answers with a DeviceCapability, else
the configured one. A server without that document (4xx, or what cannot be read) speaks 1.2; one that has a fault of
its own is asked again with the next DeviceCapability, and what was spoken before holds. Versions that this
device does not know, and what is listed with them, are left alone. It is loaded when needed, and given back.
Source: CSIP-AUS 1.3, service discovery; the national harness' SDVN-01; requirements T4, T5, U.
"""

import json

from micropython import const

from sluice.sep2.tables import DEVICE_CAPABILITY
from sluice_wire.sep2 import NS_CSIPAUS_12, NS_CSIPAUS_13

from .causes import RequestError

_WELL_KNOWN = "/.well-known/csipaus"
_SIZE_MAX = const(2048)  # bytes of that document
_ENTRIES_MAX = const(4)  # addresses of one version that are tried

# As the document names them, the best first.
_VERSIONS = (("1.3", NS_CSIPAUS_13), ("1.2", NS_CSIPAUS_12 + "/v1.2"), ("1.2", NS_CSIPAUS_12))


async def discover(session, entry):
    """Let `session` speak the best version that the server lists. Return where its DeviceCapability is.

    `entry` is the configured address. None: the server cannot say now. RequestError where it does not answer at all.
    """
    listed = await _listed(session)
    if listed is None:
        return None
    for version, name in _VERSIONS:
        if name in listed:
            session.speak(version)
            return await _answering(session, listed[name]) or entry
    session.speak("1.2")
    return entry


async def _listed(session):
    try:
        document = json.loads(await session.fetch(_WELL_KNOWN, "application/json", _SIZE_MAX))
    except RequestError as error:
        if error.hold:
            raise
        return {} if 400 <= error.status < 500 else None
    except ValueError:
        return {}
    listed = document.get("supportedSchemaVersions") if isinstance(document, dict) else None
    return listed if isinstance(listed, dict) else {}


async def _answering(session, listed):
    entries = listed.get("dcap") if isinstance(listed, dict) else None
    for entry in entries[:_ENTRIES_MAX] if isinstance(entries, list) else ():
        try:
            if isinstance(entry, str) and await session.get(session.resolve(entry), DEVICE_CAPABILITY):
                return session.resolve(entry)
        except RequestError as error:
            if error.hold:
                raise
    return None
