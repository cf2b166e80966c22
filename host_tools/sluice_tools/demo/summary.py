"""The figures of the day, and in words whether the limit held."""

import re
from typing import Any, NamedTuple

from sluice_tools.demo.day import Day

RATIO_MIN = 0.95

_PLATFORM = re.compile(r"(.+?),? \(?(\d+) bits?\)?")


class Check(NamedTuple):
    """One demand: what it is about, what was found, and whether that is well."""

    subject: str
    finding: str
    good: bool


def summary(day: Day, wall_s: float) -> dict[str, Any]:
    """Give the figures of summary.json. Energy and seconds over the limit are the house's own word, what was accepted
    and the bytes (of TLS, `bytes_sent` by the gateway) the server's; heap and stored events the gateway's."""
    server, house = day.reports["server"], day.reports["house"]
    platform = _PLATFORM.fullmatch(day.platform)
    peak, limit = day.heap or (None, None)
    return {
        "interpreter": platform[1] if platform else day.platform,
        "bits": int(platform[2]) if platform else None,
        "heap_limit_bytes": limit,
        "heap_peak_bytes": peak,
        "virtual_seconds": round(day.t),
        "wall_seconds": round(wall_s, 1),
        "events_stored": day.events_stored,
        "responses_accepted": server["responses_accepted"],
        "readings_accepted": server["readings_accepted"],
        "schema_violations": len(server["schema_violations"]),
        "requests_refused": len(server["refusals"]),
        "oddities": len(server["oddities"]),
        **house,
        "tls_cipher": ", ".join(server["tls_ciphers"]),
        "bytes_sent": server["bytes_received"],
        "bytes_received": server["bytes_sent"],
    }


def checks(figures: dict[str, Any]) -> list[Check]:
    """Judge the figures; the demo has failed if one of them is not good."""
    over_s, alone_s = figures["seconds_over_limit"], figures["seconds_over_limit_without_gateway"]
    ratio, limited = figures["energy_delivered_ratio"], figures["energy_delivered_ratio_when_limited"]
    faults = [figures[name] for name in ("schema_violations", "requests_refused", "oddities")]
    responses, readings = figures["responses_accepted"], figures["readings_accepted"]
    energy = f"of the {figures['energy_permitted_wh'] / 1000:.1f} kWh that sun and envelope offered"
    others = {kind: figures.get(f"seconds_over_{kind}_limit", 0) for kind in ("import", "generation", "load")}
    beside = ", ".join(f"{kind} {seconds} s" for kind, seconds in others.items() if seconds)
    return [
        *([Check("Over other limits", beside, False)] if beside else []),
        Check("Export over the limit", f"{over_s} s, and {alone_s} s without the gateway", over_s == 0),
        Check(
            "Energy delivered",
            f"{ratio:.1%} {energy}; {limited:.1%} while the limit was felt",
            ratio >= RATIO_MIN,
        ),
        Check("Accepted by the utility", f"{responses} responses, {readings} readings", responses > 0 < readings),
        Check("Against schema, refused, odd", ", ".join(map(str, faults)), not any(faults)),
    ]
