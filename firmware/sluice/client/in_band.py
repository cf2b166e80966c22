"""What is seldom done and seldom said of who we are: to register, to give the NMI, what to send to the utility.

It is loaded when needed, and given back.
Source: IEEE 2030.5-2018 10.3; CSIP-AUS annex E; 000 5; 001 11, 12; requirements D5, D6.
"""

from sluice.sep2.registrants import connection_point, end_device
from sluice_wire.identity import nmi_check_digit, sfdi
from sluice_wire.utilities import NMI_WITH_CHECKSUM

from .causes import RequestError


def who(device):
    """Return what a utility must know to register this device out of band, for people."""
    return "LFDI %s, SFDI %d, NMI %s" % (device.lfdi_text, sfdi(device.lfdi_text), device.nmi)


async def register(session, href, device, now):
    """POST the EndDevice to the list at `href`. Return why the server takes none, "" if it has it now.

    RequestError where it may have it, or may take it later: silence, 5xx, 429.
    """
    try:
        await session.send("POST", href, end_device, device.lfdi, sfdi(device.lfdi_text), now)
    except RequestError as error:
        if error.status == 409:
            return ""  # it is there already
        if 400 <= error.status < 500 and error.status != 429:
            return str(error)
        raise
    return ""


async def give_nmi(session, href, device, profile):
    """PUT the NMI to the ConnectionPoint at `href`, POST it where that is not allowed: the handbooks say either.

    Return why it is refused, "" if the server has it. RequestError for all else.
    """
    nmi = device.nmi
    if profile.nmi == NMI_WITH_CHECKSUM and len(nmi) == 10:
        nmi += str(nmi_check_digit(nmi))
    for method in ("PUT", "POST"):
        try:
            await session.send(method, href, connection_point, nmi)
            return ""
        except RequestError as error:
            if error.status == 409:
                return ""
            if error.status in (400, 401):
                return "the server refuses NMI %s (%s): is it the site's? fixed limits hold" % (nmi, error)
            if error.status != 405 or method == "POST":
                raise
