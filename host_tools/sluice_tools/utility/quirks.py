"""The quirks of real servers, by name: what `sluice server --quirk` and the tests can ask for.

They stand around the utility like the skins of an onion, in the order of the table: the first is next to the client.
Source: the handbooks 000, 001 and 002; what the makers of open clients wrote down of the servers they met.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from sluice_tools.scenario import Scenario
from sluice_tools.utility import delivery, moving, refusing, rewriting
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.quirk import Delivered, Quirk, Rewritten, Spell, Utility

CLOCK_SKEW_S = 3600
NS2 = "ns2"
ODD_VERSIONS = {
    "https://csipaus.org/ns/v99.99": {"dcap": ["/api/v99/dcap"]},
    "null": {"dcap": ["/api/null/dcap"]},
    "https://csipaus.org/ns/v1.2": {"dcap": []},
}


class QuirkError(ValueError):
    """A quirk that does not exist, or a time that is none; the message says what there is."""


class Entry(NamedTuple):
    """What the server does, for people, and the quirk itself; without `make` it is in the server's certificate."""

    sentence: str
    make: Callable[[Spell, Utility], Quirk] | None


class _Skewed(Quirk):
    lasting = True

    def before(self, request: Request, t: float) -> Request | Response:
        self.utility.ahead_s = CLOCK_SKEW_S if self.on(t) else 0
        return request

    def after(self, request: Request, response: Response, t: float) -> Response:
        if self.on(t) and response.kind == "Time":
            self.count(request, t)
        return response


class _OddVersions(Quirk):
    def after(self, request: Request, response: Response, t: float) -> Response:
        if response.kind != "ServiceDiscovery" or response.status != 200:
            return response
        told = json.loads(response.body)
        told["supportedSchemaVersions"] = ODD_VERSIONS | told["supportedSchemaVersions"]
        return response._replace(body=json.dumps(told).encode())


class _Ns2(refusing.OnePrefix):
    def __init__(self, spell: Spell, utility: Utility) -> None:
        super().__init__(spell, utility, NS2)

    def after(self, request: Request, response: Response, t: float) -> Response:
        if not response.is_document:
            return response
        return response._replace(body=rewriting.prefixed(response.body, NS2.encode()))


def _rewritten(change: Callable[[bytes], bytes]) -> Callable[[Spell, Utility], Quirk]:
    return partial(Rewritten, change=change)


def _delivered(*ways: str, one_in: int = 1, whole: bool = False) -> Callable[[Spell, Utility], Quirk]:
    return lambda spell, utility: Delivered(spell, utility, *ways, one_in=one_in, whole=whole)


def _refusing(status: int, reason: str, *, one_in: int = 1, kind: str = "") -> Callable[[Spell, Utility], Quirk]:
    return partial(refusing.Refusing, status=status, reason=reason, one_in=one_in, kind=kind)


QUIRKS: dict[str, Entry] = {
    # the connection
    "no-hostname-cert": Entry("The server's certificate names no host.", None),
    "closes": Entry("The connection is closed after each answer, which says so.", moving.Closing),
    "half-closed": Entry(
        "The connection is closed after each answer without a word.", _delivered(delivery.SILENT_CLOSE, whole=True)
    ),
    "chunked": Entry("Answers come in chunks.", _delivered(delivery.CHUNKED)),
    "bad-chunk": Entry(
        "Answers come in chunks; of one in two the last chunk is broken, and the connection ends.",
        _delivered(delivery.CHUNKED, delivery.BAD_CHUNK),
    ),
    "truncate": Entry(
        "One body in three is cut in the middle, and the connection ends.", _delivered(delivery.CUT, one_in=3)
    ),
    "slow-drip": Entry("Answers come four bytes a second.", _delivered(delivery.SLOW_DRIP, whole=True)),
    # addresses
    "redirect": Entry("One request in four is sent elsewhere with 302 or 307.", moving.Redirected),
    "absolute-hrefs": Entry("Addresses are absolute.", moving.Absolute),
    "link-moves": Entry(
        "Every ten minutes all addresses but the entry's change; the old ones are 404.", moving.LinksMove
    ),
    "spaced-hrefs": Entry("Addresses have a space in them; every second one is percent-encoded.", moving.Spaced),
    "no-slash-location": Entry("A Location lacks its leading slash.", partial(moving.Located, way="no slash")),
    "placeholder-edev": Entry(
        "The Location of a new EndDevice is a placeholder; the list has the real one.",
        partial(moving.Located, way="placeholder"),
    ),
    "no-location": Entry("What is created is answered without a Location.", partial(moving.Located, way="absent")),
    "204-created": Entry("What is created is answered 204 in place of 201.", moving.Created),
    # refusals
    "html": Entry("Every request is answered with the sign-in page of a portal, status 200.", refusing.Portal),
    "429": Entry("Every request is answered 429 without Retry-After.", _refusing(429, "fewer requests, please")),
    "retry-after": Entry(
        "Requests are answered 429 with Retry-After for 180 s, then ten minutes are calm; "
        "coming back early is counted as an oddity of the client.",
        refusing.RetryAfter,
    ),
    "random-500": Entry("One request in five is answered 500.", _refusing(500, "something went wrong", one_in=5)),
    "one-fails": Entry(
        "The DefaultDERControl that is asked for first is always answered 500.",
        partial(refusing.OneFails, kind="DefaultDERControl"),
    ),
    "responses-fail": Entry("A Response is answered 500.", _refusing(500, "no responses today", kind="ResponseList")),
    "nmi-401": Entry("A ConnectionPoint is answered 401.", _refusing(401, "ERROR-RC:1", kind="ConnectionPoint")),
    "late-404": Entry("What has just been created is 404 for 12 s.", refusing.Late),
    "mup-vanishes": Entry(
        "Every ten minutes the usage points are forgotten: an empty list, 404.", refusing.ForgetsUsagePoints
    ),
    "hostile-xml": Entry(
        "Every second GET brings entities, great depth, megabytes or bytes that are no text.", refusing.Hostile
    ),
    # how documents are written
    "ns2-prefix": Entry(
        "CSIP-AUS has the prefix ns2, and a document in which it has another is refused with 400.", _Ns2
    ),
    "odd-prefix": Entry("Every element has a prefix that nobody expects.", _rewritten(rewriting.all_prefixed)),
    "white-space": Entry(
        "Documents have comments, white space round values, xsi:schemaLocation and unknown elements.",
        _rewritten(rewriting.spaced_out),
    ),
    "old-namespace": Entry("CSIP-AUS has the namespace of the old handbook.", _rewritten(rewriting.old_namespace)),
    "bare-watts": Entry("Watts have no value and multiplier, only a number.", _rewritten(rewriting.bare_watts)),
    "lower-case-lfdi": Entry("LFDIs are in lower case.", _rewritten(rewriting.lower_case_lfdi)),
    # lists
    "all-lies": Entry("`all` of a list is too small, too large or absent.", moving.AllLies),
    "moving-list": Entry("Pages have two items, and the list changes from one page to the next.", moving.MovingList),
    "short-pages": Entry("Pages have two items at the most.", moving.ShortPages),
    "huge-list": Entry("The first program has 600 more events, after the scenario's end.", moving.HugeList),
    # what they say
    "204-default": Entry("What is not defined is linked all the same and answered 204.", moving.NoContent),
    "fsa-vanishes": Entry(
        "The FunctionSetAssignmentsList is empty.", partial(moving.Empty, kind="FunctionSetAssignmentsList")
    ),
    "no-registration-link": Entry("EndDevices have no RegistrationLink.", _rewritten(rewriting.without_registration)),
    "disabled": Entry("EndDevices are not enabled.", _rewritten(rewriting.disabled)),
    "odd-versions": Entry(
        "/.well-known/csipaus names versions that there are not, before the right one.", _OddVersions
    ),
    "clock-skew": Entry("The server's clock is an hour ahead; what it announces is not.", _Skewed),
}


def spells(texts: Iterable[str]) -> tuple[Spell, ...]:
    """Read `NAME` or `NAME=BEGIN-END` (scenario seconds), each; QuirkError if one is not there or makes no sense."""
    found = []
    for text in texts:
        name, given, span = text.partition("=")
        if name not in QUIRKS:
            raise QuirkError(f"there is no quirk {name}; there are {', '.join(sorted(QUIRKS))}")
        times = re.fullmatch(r"(\d+)-(\d+)", span)
        if given and (times is None or int(times[1]) >= int(times[2])):
            raise QuirkError(f"{text}: expected {name}=BEGIN-END in seconds of the scenario, such as {name}=300-900")
        begin, end = (float(times[1]), float(times[2])) if times else (0.0, math.inf)
        found.append(Spell(name, begin, end))
    return tuple(found)


def planned(scenario: Scenario, spells: Iterable[Spell]) -> Scenario:
    """Give the scenario that a utility with these quirks plays."""
    for spell in spells:
        if spell.name == "huge-list":
            scenario = moving.with_huge_list(scenario, spell)
    return scenario


class Quirks:
    """A utility and what stands around it: it is asked as the utility is."""

    def __init__(self, utility: Utility, spells: Iterable[Spell]) -> None:
        self._utility = utility
        self.ledger = utility.ledger
        order = list(QUIRKS)
        self._quirks: list[Quirk] = []
        for spell in sorted(spells, key=lambda spell: order.index(spell.name)):
            make = QUIRKS[spell.name].make
            if make:
                self._quirks.append(make(spell, utility))

    def t(self, now: float) -> float:
        """Give the second of the scenario at `now` (Unix seconds)."""
        return self._utility.t(now)

    def report(self) -> dict[str, Any]:
        """Give what came in so far, fit for JSON."""
        return self._utility.report()

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request at `now` (Unix seconds)."""
        t = self.t(now)
        on = [quirk for quirk in self._quirks if quirk.lasting or quirk.on(t)]
        passed: list[tuple[Quirk, Request]] = []
        fired = set()
        response = None
        for quirk in on:
            passed.append((quirk, request))
            found = self._before(quirk, request, t)
            if found != request:
                fired.add(quirk.spell.name)
            if isinstance(found, Response):
                response = found._replace(kind=self._utility.kind(request.path))
                self.ledger.request(request.method, response.kind, response.status)
                break
            request = found
        if response is None:
            response = self._utility.handle(request, now)
        for quirk, seen in reversed(passed):
            changed = quirk.after(seen, response, t)
            if changed != response:
                fired.add(quirk.spell.name)
            response = changed
        for name in sorted(fired):
            self.ledger.quirk(t, name, f"{request.method} {response.kind}")
        return response

    def _before(self, quirk: Quirk, request: Request, t: float) -> Request | Response:
        try:
            return quirk.before(request, t)
        except Refusal as refusal:  # the client is at fault
            kind = self._utility.kind(request.path)
            self.ledger.refuse(t, f"{request.method} {kind}", refusal.status, refusal.reason)
            return refusal.response()
