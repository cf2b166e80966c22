"""The enrolment record: who, where, which DER, in which program, and what the proof of it came to; for other systems.

Its parts are those of Oracle's DER registration (004): customer, location, nameplate ratings, DER aggregator, program,
validation; ratings bear the names of IEEE 2030.5's DERCapability. Every key:

    format "sluice-enrolment", version 1; time: when all this was so (ISO 8601 with zone)
    customer    name, account, phone, email: as given; what was not is not there, here and below
    location    nmi (as entered), address, suburb, state, postcode, latitude, longitude (degrees)
    agreement   exp_lim_w, imp_lim_w, gen_lim_w, load_lim_w: the fixed limits
    utility     profile, url
    device      the gateway: product, board, serial, firmware, lfdi, sfdi (null without certificate), pen (or null)
    der         a list: unit_id, maker, model, serial, native_w (the limit that is set in it),
                nameplate: rtgMaxW {"value": 10000, "unit": "W"}, rtgMaxVA, rtgMaxVar, rtgMaxVarNeg (a negative
                number, as it is there), rtgMaxWh, rtgMaxChargeRateW, rtgMaxDischargeRateW
    nameplate   their sums; one that a device does not give cannot be summed, and is not there
    aggregator, program     name, id
    validation  valid, connection {result, text}, commissioning {result, steps: [{step, result, text}]}

No PIN, no site code, no key is in it: it is made of what is named here, and of nothing else. Requirement D6.
"""

import base64
import http.client
import json
import ssl
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from sluice_tools.provision.outcome import LIMITS, PASSED, RATINGS, REGISTERED, Outcome, plain

FORMAT, VERSION = "sluice-enrolment", 1
CUSTOMER = ("name", "account", "phone", "email")
PLACE = ("address", "suburb", "state", "postcode", "latitude", "longitude")
DEVICE = ("unit_id", "maker", "model", "serial", "native_w")
BODY = ("name", "id")  # of an aggregator, of a program
STORING = ("rtg_max_charge_rate_w", "rtg_max_discharge_rate_w", "rtg_max_wh")  # only what stores has them
ABSORBED = "rtg_max_var_neg"

TIMEOUT_S = 20.0  # for each wait
ANSWER_MAX = 2000  # characters
LOCAL = ("localhost", "127.0.0.1", "::1")
AGAIN = "the record is saved; `sluice provision` again posts it"
ADDRESS = "give enrol_url as https://HOST/PATH (http:// only on this machine)"
# What to do, by status; else by its hundreds.
TO_DO = {
    401: f"the service wants to know who posts: write NAME:PASSWORD@ before its host in enrol_url. {AGAIN}",
    403: f"who posts may not: ask for the right at the service, or see to NAME:PASSWORD@ in enrol_url. {AGAIN}",
    404: f"there is nothing at this address: put enrol_url right. {AGAIN}",
    405: f"nothing is posted to this address: put enrol_url right. {AGAIN}",
    408: f"try again in some minutes. {AGAIN}",
    409: "it is there already: if something has changed, ask the service how a record is replaced",
    429: f"the service has too much to do: try again in some minutes. {AGAIN}",
    3: f"it is not followed unasked: if this address is right, put it into enrol_url. {AGAIN}",
    4: f"the service does not take the record: put right what it says in the answers. {AGAIN}",
    5: f"something is wrong at the service: try again in some minutes. {AGAIN}",
}


class Answer(NamedTuple):
    """What became of a post: `status` 0 = nobody answered; `text`: what was said and what to do; `ok`: it is taken."""

    status: int
    text: str
    ok: bool


def record(outcome: Outcome) -> dict[str, Any]:
    """Give the record, ready for JSON."""
    valid = outcome.result == PASSED and outcome.connection == REGISTERED
    return {
        "format": FORMAT,
        "version": VERSION,
        "time": outcome.done_at.isoformat(timespec="seconds"),
        "customer": _known(outcome.customer, CUSTOMER),
        "location": {"nmi": outcome.nmi, **_known(outcome.location, PLACE)},
        "agreement": _known(outcome.site, LIMITS),
        "utility": {"profile": outcome.profile, "url": outcome.url},
        "device": {
            "product": "Sluice",
            **{name: plain(getattr(outcome, name)) for name in ("board", "serial", "firmware")},
            "lfdi": outcome.lfdi or None,
            "sfdi": outcome.sfdi or None,
            "pen": outcome.pen or None,
        },
        "der": [
            {**_known(device, DEVICE), "nameplate": _nameplate(device.get("ratings") or {})}
            for device in outcome.devices
        ],
        "nameplate": _nameplate(_sums([device.get("ratings") or {} for device in outcome.devices])),
        "aggregator": _known(outcome.aggregator, BODY),
        "program": _known(outcome.program, BODY),
        "validation": {
            "valid": valid,
            "connection": {"result": outcome.connection, "text": plain(outcome.connection_text)},
            "commissioning": {
                "result": outcome.result,
                "steps": [
                    {"step": plain(step["step"]), "result": plain(step["ok"]), "text": plain(step["text"])}
                    for step in outcome.steps
                ],
            },
        },
    }


def post(url: str, record: dict[str, Any]) -> Answer:
    """POST `record` as JSON and tell what became of it; nothing is raised, and no redirection followed.

    The server is always verified, by the system's roots or those in SSL_CERT_FILE.
    """
    try:
        parts = urlsplit(url)
        connection = _connection(parts)
    except (ValueError, http.client.InvalidURL) as error:
        return Answer(0, f"this is not an address to post to ({plain(error)}): {ADDRESS}. {AGAIN}", False)
    try:
        connection.request("POST", _target(parts), json.dumps(record).encode(), _headers(parts))
        reply = connection.getresponse()
        return _judged(reply.status, reply.reason, reply.getheader("Location", ""), _body(reply))
    except ssl.SSLCertVerificationError as error:
        why = f"its certificate is not trusted ({plain(error.verify_message)})"
        do = "have SSL_CERT_FILE name a file with its root certificate, if this is the right server"
        return Answer(0, f"{parts.hostname}: {why}: {do}. {AGAIN}", False)
    except TimeoutError:
        why = f"no answer within {TIMEOUT_S:g} s: is a firewall in between?"
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: a name or path that cannot be
        why = f"{plain(error) or type(error).__name__}: is this laptop on line, and enrol_url right?"
    finally:
        connection.close()
    return Answer(0, f"{parts.hostname}: {why} {AGAIN}", False)


def _known(given: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Give what is there of `keys`; texts without what cannot be seen."""
    return {
        key: given[key] if isinstance(given[key], int | float) else plain(given[key])
        for key in keys
        if given.get(key) not in (None, "")
    }


def _nameplate(ratings: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"value": -ratings[key] if key == ABSORBED else ratings[key], "unit": unit}
        for key, (name, unit) in RATINGS.items()
        if ratings.get(key)
    }


def _sums(devices: list[dict[str, Any]]) -> dict[str, int]:
    """Give the sum of each rating that all have: a quantity of storage, all that store."""
    storing = [ratings for ratings in devices if any(ratings.get(key) for key in STORING)]
    sums = {}
    for key in RATINGS:
        values = [ratings.get(key) or 0 for ratings in (storing if key in STORING else devices)]
        sums[key] = sum(values) if all(values) else 0
    return sums


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError("no https://HOST")
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.hostname, parts.port or 443, timeout=TIMEOUT_S, context=context)
    if parts.hostname not in LOCAL:
        raise ValueError("http:// is read by everyone on the way")
    return http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_S)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _headers(parts: SplitResult) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "sluice", "Connection": "close"}
    if parts.username is not None:
        who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(who.encode()).decode()
    return headers


def _body(reply: http.client.HTTPResponse) -> str:
    """Give the beginning of what was said; the status counts even if the rest does not come."""
    try:
        return reply.read(4 * ANSWER_MAX).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""


def _judged(status: int, reason: str, moved: str, said: str) -> Answer:
    said = plain(said)
    said = said[:ANSWER_MAX] + "…" * (len(said) > ANSWER_MAX)
    told = f"{status} {plain(reason)}".strip() + (f": {said}" if said else "")
    if 200 <= status < 300:
        return Answer(status, told, True)
    if 300 <= status < 400:
        told += f" (it points to {plain(moved)[:ANSWER_MAX] or 'nowhere'})"
    do = TO_DO.get(status) or TO_DO.get(status // 100, AGAIN)
    return Answer(status, f"{told}\n{do}", False)
