"""What a utility without in-band registration wants to be sent: text for an e-mail, 72 columns wide.

Per site the LFDI, SFDI and NMI; once per provider the form of Energy Queensland's SEP2 Client Handbook (002), annex A,
row by row in its order. What is not known is marked, so that nobody sends a form with a hole. Requirement D6.
"""

import re
import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

from sluice_tools.provision.outcome import Outcome, name_of, plain, rated
from sluice_wire.identity import nmi_check_digit
from sluice_wire.utilities import NMI_WITH_CHECKSUM, PROFILES

COLUMNS = 72
LABEL_MAX = 36  # columns
GAP = 2
JOINT = "\N{NO-BREAK SPACE}"  # while lines are made; no text has one
MISSING = "[to be filled in]"
ABN_WEIGHTS = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
CSR = "Certificate Signing Request (CSR)"
PRODUCT = "Sluice"

Rows = Iterable[tuple[str, str]]


class Office(NamedTuple):
    """Who gets it: the utility's name, its address for this, and what its handbook calls the provider's form."""

    utility: str
    address: str
    form: str


# By profile. 002 8.1 and annex A; 001 8 (which has no form of its own).
OFFICES = {
    "energy-queensland": Office(
        "Energex and Ergon Energy",
        "Dynamic.Connections@energyq.com.au",
        "Request for access to test server (SEP2 Client Handbook, annex A)",
    ),
    "cppalue": Office(
        "CitiPower, Powercor and United Energy", "OEM_onboarding@powercor.com.au", "Provider of the gateway"
    ),
}


def text(outcome: Outcome) -> str:
    """Give what to send, or a line that says that nothing is. Without a certificate the request for it is in it."""
    if outcome.profile in OFFICES:
        return "\n".join(_letter(outcome, OFFICES[outcome.profile])) + "\n"
    if outcome.lfdi or not outcome.csr:
        return "Nothing is to be sent: with this utility the gateway registers itself.\n"
    return "\n".join(["There is no certificate yet: send this request to who issues it.", "", _pem(outcome)]) + "\n"


def nmi_as_wanted(outcome: Outcome) -> str:
    """Give the NMI with its checksum where the utility wants it so, else as it was entered."""
    wanted = PROFILES[outcome.profile].nmi == NMI_WITH_CHECKSUM and len(outcome.nmi) == 10
    return outcome.nmi + str(nmi_check_digit(outcome.nmi)) if wanted else outcome.nmi


def abn_valid(abn: str) -> bool:
    """Tell whether this is an Australian Business Number: 11 digits, weighed, the first less one, and 89 divides it."""
    digits = re.sub(r"\s", "", abn)
    if not re.fullmatch(r"[1-9][0-9]{10}", digits):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(ABN_WEIGHTS, digits, strict=True))
    return (total - ABN_WEIGHTS[0]) % 89 == 0


def _letter(outcome: Outcome, office: Office) -> Iterable[str]:
    nmi = nmi_as_wanted(outcome)
    yield f"To: {office.address}"
    yield f"Subject: Dynamic connection, NMI {nmi}: registration of its gateway"
    yield ""
    yield from textwrap.wrap(
        f"To {office.utility}: please associate this device with this NMI. It connects directly, as a gateway for the "
        "whole site, and is the only client of its connection point.",
        COLUMNS,
    )
    yield ""
    yield from _table(_site(outcome, nmi))
    if outcome.provider:
        yield from ("", office.form, "-" * len(office.form))
        yield from ("Once for each provider: leave it out if it has been sent before.", "")
        yield from _table(_provider(outcome))
    elif not outcome.lfdi:
        yield from ("", CSR, _pem(outcome))


def _site(outcome: Outcome, nmi: str) -> Rows:
    waiting = "[follows from the certificate, which is asked for here]"
    yield "NMI", nmi
    yield "LFDI", outcome.lfdi or waiting
    yield "SFDI", outcome.sfdi or waiting
    gateway = [PRODUCT, plain(outcome.firmware), plain(outcome.board)]
    yield "Gateway", " ".join(filter(None, gateway)) + _serial(outcome.serial)
    for device in outcome.devices:
        named = (name_of(device) or MISSING) + _serial(device.get("serial"))
        yield f"Inverter, unit {plain(device.get('unit_id'))}", ", ".join([named, *rated(device)])


def _serial(serial: Any) -> str:
    return f", serial {plain(serial)}" if serial else ""


def _provider(outcome: Outcome) -> Rows:
    """Give the rows of annex A in its words and order."""
    provider = outcome.provider
    contact, signatory = provider.get("contact") or {}, provider.get("signatory") or {}
    yield "Entity Name", provider.get("entity", "")
    yield "Australian Business Number (ABN)", _abn(plain(provider.get("abn", "")))
    yield "IANA Private Enterprise Number (PEN)", str(provider.get("pen") or outcome.pen or "")
    yield "Address", provider.get("address", "")
    yield "Client Product Name", provider.get("product", "")
    yield "Client Type", provider.get("client_type") or "Direct"
    yield "Equipment Type", provider.get("equipment") or "Gateway"
    targeted = provider.get("inverters") or dict.fromkeys(filter(None, map(name_of, outcome.devices)))
    yield "Targeted Inverter Products", "; ".join(map(plain, targeted))
    yield "Technical Contact Name (for communications and outage notifications)", contact.get("name", "")
    yield "Technical Contact Email", contact.get("email", "")
    yield "Technical Contact Number", contact.get("phone", "")
    yield CSR, _pem(outcome)
    yield "Reviewed and accepted server access agreement?", "To be sent to the below signatory via Adobe Sign"
    yield "Name of authorised signatory", signatory.get("name", "")
    yield "Title of authorised signatory", signatory.get("title", "")
    yield "Email of authorised signatory", signatory.get("email", "")


def _abn(abn: str) -> str:
    digits = re.sub(r"\s", "", abn)
    if abn_valid(digits):
        return f"{digits[:2]} {digits[2:5]} {digits[5:8]} {digits[8:]}"
    return f"{abn} [its check digits are wrong]" if abn else ""


def _pem(outcome: Outcome) -> str:
    """Give the request, or the mark; lines as they are."""
    return "\n".join(map(plain, outcome.csr.split("\n"))).strip() or MISSING


def _table(rows: Rows) -> Iterable[str]:
    rows = list(rows)
    width = min(max(len(label) + 1 for label, _ in rows), LABEL_MAX) + GAP
    for label, value in rows:
        if label == CSR:  # it is to be copied: nothing before or after its lines
            yield from (f"{label}:", value)
            continue
        left = textwrap.wrap(f"{label}:", width - GAP)
        right = _wrapped(plain(value) or MISSING, COLUMNS - width)
        if max(map(len, right)) > COLUMNS - width:  # a word that must not be broken
            yield from left
            yield from (f"    {line}" for line in _wrapped(plain(value), COLUMNS - 4))
            continue
        lines = max(len(left), len(right))
        for a, b in zip(left + [""] * (lines - len(left)), right + [""] * (lines - len(right)), strict=True):
            yield f"{a:{width}}{b}".rstrip()


def _wrapped(value: str, width: int) -> list[str]:
    joined = re.sub(r"(\d) (W|VA|Wh)(?!\w)", f"\\1{JOINT}\\2", value)
    lines = textwrap.wrap(joined, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(JOINT, " ") for line in lines]
