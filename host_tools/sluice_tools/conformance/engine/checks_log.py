"""The checks of what came in over time: polls, requests, Responses, subscriptions and their notifications.

Source: README of cactus-test-definitions 1.18.2; the behaviour of cactus-runner.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from sluice_tools.conformance.engine.asked import Asked, matches, within
from sluice_tools.conformance.record import Judgement, Message

MISS = 1.5  # a gap of so many intervals is a missed poll
MISS_WINDOW, MISSES_MAX = 5, 1  # so many may be missed in so many intervals
BURST_WINDOW, POLLS_MAX = 3, 6

# Where a resource lies; those that the server does not have are never asked for.
ADDRESSES = {
    "DeviceCapability": "/dcap",
    "Time": "/tm",
    "MirrorUsagePointList": "/mup",
    "MirrorUsagePoint": "/mup/*",
    "EndDeviceList": "/edev",
    "EndDevice": "/edev/*",
    "ConnectionPoint": "/edev/*/cp",
    "Registration": "/edev/*/rg",
    "FunctionSetAssignmentsList": "/edev/*/fsa",
    "FunctionSetAssignments": "/edev/*/fsa/*",
    "DERProgramList": "/edev/*/fsa/*/derp",
    "DERProgram": "/edev/*/derp/*",
    "DERControlList": "/edev/*/derp/*/derc",
    "DERControl": "/edev/*/derp/*/derc/*",
    "DefaultDERControl": "/edev/*/derp/*/dderc",
    "DERList": "/edev/*/der",
    "DER": "/edev/*/der/*",
    "DERCapability": "/edev/*/der/*/dercap",
    "DERSettings": "/edev/*/der/*/derg",
    "DERStatus": "/edev/*/der/*/ders",
    "SubscriptionList": "/edev/*/sub",
    "Subscription": "/edev/*/sub/*",
    "TariffProfileList": "/edev/*/fsa/*/tp",
    "TariffProfile": "/edev/*/tp/*",
    "RateComponentList": "/edev/*/tp/*/rc",
    "RateComponent": "/edev/*/tp/*/rc/*",
    "ReadingType": "/edev/*/tp/*/rc/*/rt",
    "CombinedTimeTariffIntervalList": "/edev/*/tp/*/ctti",
    "TimeTariffIntervalList": "/edev/*/tp/*/rc/*/tti",
    "TimeTariffInterval": "/edev/*/tp/*/rc/*/tti/*",
    "ConsumptionTariffIntervalList": "/edev/*/tp/*/rc/*/tti/*/cti",
    "ConsumptionTariffInterval": "/edev/*/tp/*/rc/*/tti/*/cti/*",
}


class Poll(NamedTuple):
    """A first page that was asked for: its address, and the second."""

    path: str
    t_s: float


def _requests(messages: Sequence[Message], method: str, endpoints: Sequence[str]) -> list[Poll]:
    """Give the requests of a method for any of the endpoints, first pages only."""
    found = []
    for message in messages:
        at_one = any(matches(message.path, endpoint) for endpoint in endpoints)
        if message.method == method and message.first_page and at_one:
            found.append(Poll(message.path, message.t_s))
    return found


def polls(asked: Asked) -> Judgement:
    """Every address among `endpoints` is asked for about every `poll_interval_seconds`, since the test began."""
    method, endpoints = asked.values["request_type_str"].upper(), asked.values["endpoints"]
    found = _requests(asked.course.messages, method, endpoints)
    if not found:
        return False, f"no {method} of {', '.join(endpoints)}"
    begin = asked.course.start_t
    faults = []
    for path in sorted({poll.path for poll in found}):
        times = [poll.t_s for poll in found if poll.path == path]
        faults += [f"{path}: {fault}" for fault in poll_faults(times, asked.values["poll_interval_seconds"], begin)]
    return not faults, "; ".join(faults) or f"{len(found)} polls in time"


def poll_faults(times: list[float], interval_s: float, begin: float) -> Iterator[str]:
    """Tell what is wrong with the times of polls that should come every `interval_s`, in windows from `begin` on."""
    last = times[-1]
    gaps = [(then, now - then) for then, now in pairwise(times) if now - then > MISS * interval_s]
    for start, end in _windows(begin, last, MISS_WINDOW * interval_s):
        missed = [f"{gap:.0f} s from {then:.0f} s on" for then, gap in gaps if start <= then + gap < end]
        if end <= last and len(missed) > MISSES_MAX:
            yield f"{len(missed)} polls missed between {start:.0f} s and {end:.0f} s ({', '.join(missed)})"
    for start, end in _windows(begin, last, BURST_WINDOW * interval_s):
        count = sum(start <= t < end for t in times)
        if count > POLLS_MAX:
            yield f"{count} polls between {start:.0f} s and {end:.0f} s, at most {POLLS_MAX} are allowed"


def _windows(begin: float, last: float, width: float) -> Iterator[tuple[float, float]]:
    while begin < last:
        yield begin, begin + width
        begin += width


def requests(asked: Asked) -> Judgement:
    """The resources are asked for often enough and not too often since the test began."""
    addresses = [ADDRESSES[name] for name in asked.values["resources"] if name in ADDRESSES]
    begin = asked.course.start_t
    asked_for = [
        message
        for message in asked.course.messages
        if message.t_s >= begin and any(matches(message.path, address) for address in addresses)
    ]
    return within(len(asked_for), asked.values, f"requests of {' and '.join(asked.values['resources'])}")


class Told(NamedTuple):
    """A Response: to what (its id), and its status. In the order in which they came."""

    subject: int | None
    status: int


def responses(asked: Asked) -> Judgement:
    """A DERControlResponse came, or one for each DERControl there ever was."""
    server = asked.course.server
    told = [Told(response.control_id, response.status) for response in server.responses]
    return _told(asked, told, [control.id for control in server.controls], "control", "DERControl")


def price_responses(asked: Asked) -> Judgement:
    """A PriceResponse came, or one for each TimeTariffInterval there ever was."""
    tariffs = asked.course.server.tariffs
    told = [Told(response.interval_id, response.status) for response in tariffs.responses]
    return _told(asked, told, [interval.id for interval in tariffs.intervals], "interval", "TimeTariffInterval")


def _told(asked: Asked, told: list[Told], subjects: list[int], kind: str, title: str) -> Judgement:
    status, tag = asked.values.get("status"), asked.values.get("subject_tag")
    exists = asked.values.get("exists", True)
    what = "a Response" if status is None else f"a Response {status}"
    if asked.values.get("all"):
        answered = {each.subject for each in told if status in (None, each.status)}
        without = [subject for subject in subjects if subject not in answered]
        return not without, f"{len(subjects) - len(without)} of {len(subjects)} {title}s have {what}"
    whose = f" for {tag}" if tag is not None else ""
    if tag is not None:
        subject = asked.course.tags.get(f"{kind} {tag}")
        told = [each for each in told if each.subject == subject and subject is not None]
    if asked.values.get("latest"):
        told = told[-1:]
    found = any(status in (None, each.status) for each in told)
    last = f"; the latest is {told[-1].status}" if told and not found else ""
    return found is exists, f"{'there is' if found else 'there is not'} {what}{whose}{last}"


def subscription(asked: Asked) -> Judgement:
    """There is a Subscription to the resource."""
    wanted = asked.values["subscribed_resource"]
    found = [each for each in asked.course.server.subscriptions.subscriptions if each.resource == wanted]
    return bool(found), f"{len(found)} Subscriptions to {wanted}"


def notifications(asked: Asked) -> Judgement:
    """Every Notification that was sent was taken; none at all is a failure too."""
    log = asked.course.server.subscriptions.notifications
    refused = [each for each in log if not 200 <= each.status < 300]
    if refused:
        return False, f"subscription {refused[0].subscription_id}: a Notification was answered {refused[0].status}"
    return bool(log), f"{len(log)} Notifications taken"
