"""Provisionings as they come out, for what is written about them."""

from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sluice_tools.provision.outcome import PASSED, REGISTERED, Outcome

LFDI = "4075DE6031E562ACF4D9EAA765A5B2ED00057269"
CODE = "7QFM-3KXW-PD9H"
TURN = 'turn every CT round, or write "reversed": true into the section meter of the configuration'


def inverter(unit: int, **known: Any) -> dict[str, Any]:
    ratings = {"rtg_max_w": 10000, "rtg_max_va": 11000, "rtg_max_var": 6000, "rtg_max_var_neg": 6000}
    names = {"maker": "Weir Power", "model": "WP-10000-3P", "serial": f"WP10K-000137{unit}"}
    return {"unit_id": unit, **names, "native_w": 1500, "ratings": ratings, **known}


def battery(unit: int, **known: Any) -> dict[str, Any]:
    ratings = {"rtg_max_charge_rate_w": 5000, "rtg_max_discharge_rate_w": 5000, "rtg_max_w": 5000, "rtg_max_wh": 13500}
    return inverter(unit, **{"model": "Store-5", "ratings": ratings, **known})


def step(name: str, ok: str = "ok", text: str = "held after 5 s", do: str = "") -> dict[str, str]:
    return {"step": name, "ok": ok, "text": text, "do": do}


def steps(units: int) -> list[dict[str, str]]:
    """Give the steps of a site of so many inverters, all passed."""
    each = ("unit {}", "fall-back of unit {}", "meter sees unit {}", "unit {} without gateway")
    names = [name.format(unit) for unit in range(2, 2 + units) for name in each]
    return [step(name) for name in ("meter", *names, "power", "half", "no export")]


def request() -> str:
    """Give a certificate signing request."""
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    csr = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode()


def outcome(**known: Any) -> Outcome:
    """Give what came of a site that is commissioned; `known` in place of what is usual."""
    usual: dict[str, Any] = {
        "nmi": "QB12345678",
        "lfdi": LFDI,
        "sfdi": "173034634270",
        "pen": 57269,
        "profile": "energy-queensland",
        "url": "https://sep2-test.example/api/v2/dcap",
        "site": {"exp_lim_w": 1500, "imp_lim_w": 14000},
        "done_at": datetime(2026, 11, 22, 15, 4, 5, tzinfo=timezone(timedelta(hours=10), "AEST")),
        "devices": [inverter(2)],
        "meter": {"unit_id": 1, "map": "sdm630"},
        "bus": {"device": "/dev/ttyUSB0", "baud": 19200, "parity": "none"},
        "result": PASSED,
        "steps": steps(1),
        "connection": REGISTERED,
        "connection_text": "the server knows this gateway",
        "serial": "e6614c311b7f6a2c",
        "firmware": "0.1.0",
        "board": "LINUX",
        "csr": "",
        "code": CODE,
        "customer": {"name": "Jo Murray", "account": "A-7731"},
        "location": {"address": "12 Mangrove St", "state": "QLD", "postcode": "4870", "latitude": -16.92},
        "aggregator": {"name": "Weir Energy", "id": "WE-1"},
        "program": {"name": "Dynamic connections", "id": "DC"},
        "provider": {},
    }
    return Outcome(**{**usual, **known})
