"""10,000 gateways come back after an outage: the requests that the server gets in its busiest second.

Only their timing is played, by the gateway's own functions (client.backoff); each request takes a gateway REQUEST_S,
one comes after the other. Beside it the naive client: it polls at the full five minutes and tries again every five
seconds. Two outages: the server is away for an hour (connections refused), and the power of the whole district, after
which all start in the same second.
Source: requirement S2.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator

from sluice.client.backoff import delay_s, own_part

GATEWAYS = 10_000
RATE_S = 300
REQUEST_S = 0.2
RESOURCES = 10  # read at every poll: DeviceCapability to DERControlList, Time, DERList, MirrorUsagePointList
PUTS = 3
BACKLOG = 2 * 12  # posts that an hour's outage leaves behind
OUTAGE_S = 3600
AFTER_S = 1800

Times = Iterator[float]


def _burst(begin: float, requests: int) -> Times:
    return (begin + k * REQUEST_S for k in range(requests))


def peaks(play: Callable[[random.Random], Times], gateways: int = GATEWAYS) -> tuple[int, int]:
    """Give the most requests, and the most gateways that come for the first time, in a second after the outage."""
    requests: Counter[int] = Counter()
    comers: Counter[int] = Counter()
    for number in range(gateways):
        times = [int(t) for t in play(random.Random(number))]
        requests.update(times)
        comers[times[0]] += 1
    return max(requests.values()), max(comers.values())


def herd() -> dict[str, float]:
    """The busiest second after an outage of the server, and of the district's power."""
    figures: dict[str, float] = {}
    for play in (gateway_outage, naive_outage, gateway_blackout, naive_blackout):
        requests, comers = peaks(play)
        figures[f"herd_{play.__name__}_requests_per_s"] = requests
        figures[f"herd_{play.__name__}_handshakes_per_s"] = comers
    return figures


def gateway_outage(draw: random.Random) -> Times:
    """The server was away until 0; this gateway's requests from then on, those in vain before left out."""
    failures, t = 0, -OUTAGE_S + draw.uniform(0, RATE_S)
    while t < 0:
        t += delay_s(failures, RATE_S, -1, draw.randrange)
        failures += 1
    yield from _burst(t, RESOURCES + PUTS + BACKLOG)
    yield from _polls(t + RATE_S)


def gateway_blackout(draw: random.Random) -> Times:
    """The power came back at 0."""
    t = own_part(draw.randbytes(2), RATE_S // 2)
    yield from _burst(t, RESOURCES + PUTS)
    yield from _polls(t + RATE_S)


def _polls(t: float) -> Times:
    while t < AFTER_S:
        yield from _burst(t, RESOURCES + PUTS)
        t += RATE_S


def naive_outage(draw: random.Random) -> Times:
    """It tries every five seconds, and polls at the full five minutes."""
    yield from _burst(draw.uniform(0, 5), RESOURCES + PUTS + BACKLOG)
    yield from _polls(RATE_S)


def naive_blackout(draw: random.Random) -> Times:
    """It starts as soon as there is power: within the two seconds in which machines of one make differ."""
    yield from _burst(draw.uniform(0, 2), RESOURCES + PUTS)
    yield from _polls(RATE_S)


if __name__ == "__main__":
    for name, value in herd().items():
        print(f"{name:<50} {value:8.0f}")
