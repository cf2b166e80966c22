"""Quirks of addresses and lists: they are written in odd ways, they move, they do not hold what they say.

Source: IEEE 2030.5-2018 6; RFC 3986; requirements T5, T6, T7.
"""

import math
from urllib.parse import parse_qsl, quote, unquote, urlencode

from lxml import etree

from sluice_tools.plan import Change, Event
from sluice_tools.scenario import Scenario
from sluice_tools.utility.dialect import WELL_KNOWN
from sluice_tools.utility.documents import ENTRY, href
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.quirk import Quirk, Spell, Utility
from sluice_tools.utility.rewriting import addressed, list_total
from sluice_wire.sep2 import NS_SEP2

ROOT = "/api/v2/"
SPACED = ROOT + "our devices/"
ELSEWHERE = "/elsewhere"
MOVES_S = 600
SHORT = 2  # items of a page
HUGE = 600  # events


class Readdressed(Quirk):
    """Every address but the entry's is another: in documents and as a Location."""

    def readdressed(self, address: str, request: Request, t: float) -> str:
        """Give the address as the client sees it."""
        return address

    def after(self, request: Request, response: Response, t: float) -> Response:
        def change(address: str) -> str:
            return address if address == ENTRY else self.readdressed(address, request, t)

        headers = tuple((name, change(value) if name == "Location" else value) for name, value in response.headers)
        body = addressed(response.body, change) if response.is_document else response.body
        return response._replace(headers=headers, body=body)


class Spaced(Readdressed):
    """Addresses have a space, every second one percent-encoded (001 10)."""

    lasting = True

    def before(self, request: Request, t: float) -> Request | Response:
        return request._replace(path=unquote(request.path).replace(SPACED, ROOT))

    def readdressed(self, address: str, request: Request, t: float) -> str:
        if not self.on(t):
            return address
        spaced = address.replace(ROOT, SPACED)
        return quote(spaced) if ord(address[-1]) % 2 else spaced


class Absolute(Readdressed):
    """Addresses are absolute."""

    def readdressed(self, address: str, request: Request, t: float) -> str:
        return f"https://{request.headers.get('host', 'localhost')}{address}"


class LinksMove(Readdressed):
    """Every ten minutes all addresses but the entry's change, and the old ones are 404."""

    lasting = True

    def _place(self, t: float) -> str:
        begin, end = self.spell.begin or MOVES_S, self.spell.end
        return f"{ROOT}{(min(t, end) - begin) // MOVES_S + 1:.0f}/" if t >= begin else ROOT

    def before(self, request: Request, t: float) -> Request | Response:
        place = self._place(t)
        if request.path in (ENTRY, WELL_KNOWN) or place == ROOT:
            return request
        if not request.path.startswith(place):
            return Refusal(404, "it has moved").response()
        return request._replace(path=request.path.replace(place, ROOT, 1))

    def readdressed(self, address: str, request: Request, t: float) -> str:
        return address.replace(ROOT, self._place(t), 1)


class Redirected(Quirk):
    """One request in four is sent elsewhere: a GET with 302 or 307, any other with 307."""

    lasting = True

    def before(self, request: Request, t: float) -> Request | Response:
        if request.path.startswith(ELSEWHERE):
            return request._replace(path=request.path.removeprefix(ELSEWHERE))
        if not self.on(t) or self.random.randrange(4):
            return request
        status = self.random.choice((302, 307)) if request.method == "GET" else 307
        return Response(status, (("Location", ELSEWHERE + request.target),))


class Located(Quirk):
    """The Location of a new resource lacks its slash, is a placeholder, or is not there."""

    def __init__(self, spell: Spell, utility: Utility, way: str) -> None:
        super().__init__(spell, utility)
        self._way = way

    def after(self, request: Request, response: Response, t: float) -> Response:
        location = response.header("Location")
        if location is None or response.status not in (201, 204):
            return response
        kept = tuple((name, value) for name, value in response.headers if name != "Location")
        if self._way == "absent":
            return response._replace(headers=kept)
        if self._way == "placeholder":
            if response.kind != "EndDeviceList":
                return response
            location = f"{ROOT}edev/INBAND_EDEV_{request.client_lfdi[:8]}"
        else:
            location = location.removeprefix("/")
        return response._replace(headers=(*kept, ("Location", location)))


class Created(Quirk):
    """A POST that has made something is answered 204 in place of 201 (001 10)."""

    def after(self, request: Request, response: Response, t: float) -> Response:
        return response._replace(status=204) if response.status == 201 else response


class Closing(Quirk):
    """The connection is closed after each answer, and that is said."""

    def after(self, request: Request, response: Response, t: float) -> Response:
        return response._replace(headers=(*response.headers, ("Connection", "close")))


class ShortPages(Quirk):
    """A page has two items, however many are asked for."""

    def before(self, request: Request, t: float) -> Request | Response:
        return _asking(request, limit=SHORT)


class MovingList(Quirk):
    """Pages have two items, and from one page to the next an item has gone from the front, or come in there."""

    def __init__(self, spell: Spell, utility: Utility) -> None:
        super().__init__(spell, utility)
        self._moved = 0

    def before(self, request: Request, t: float) -> Request | Response:
        start = _start(request)
        if not start:
            self._moved = self.random.choice((-1, 0, 1))
        return _asking(request, limit=SHORT, start=start - self._moved if start else 0)

    def after(self, request: Request, response: Response, t: float) -> Response:
        if not _start(request) or not _is_list(response):
            return response
        return response._replace(body=list_total(response.body, _total(response.body) + self._moved))


class AllLies(Quirk):
    """`all` of a list is too small, too large or not there, by chance."""

    def after(self, request: Request, response: Response, t: float) -> Response:
        if not _is_list(response):
            return response
        total = _total(response.body)
        return response._replace(body=list_total(response.body, self.random.choice((0, total + 7, None))))


class Empty(Quirk):
    """Lists of this kind are empty."""

    def __init__(self, spell: Spell, utility: Utility, kind: str) -> None:
        super().__init__(spell, utility)
        self._kind = kind

    def after(self, request: Request, response: Response, t: float) -> Response:
        if response.kind != self._kind or not response.is_document:
            return response
        root: etree._Element = etree.fromstring(response.body)
        for item in list(root):
            root.remove(item)
        root.set("all", "0")
        root.set("results", "0")
        return response._replace(body=etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


class NoContent(Quirk):
    """What is not defined is linked all the same, and answered 204: a default, a list without events (001 8)."""

    def __init__(self, spell: Spell, utility: Utility) -> None:
        super().__init__(spell, utility)
        self._nothing: set[str] = set()  # defaults that there are not

    def before(self, request: Request, t: float) -> Request | Response:
        return Response(204) if request.path in self._nothing else request

    def after(self, request: Request, response: Response, t: float) -> Response:
        nothing = response.kind == "DefaultDERControl" and response.status == 404
        if nothing or (response.kind == "DERControlList" and _is_list(response) and not _total(response.body)):
            return Response(204, kind=response.kind)
        if not response.is_document or response.kind not in ("DERProgram", "DERProgramList"):
            return response
        root: etree._Element = etree.fromstring(response.body)
        for program in root.iter(f"{{{NS_SEP2}}}DERProgram"):
            controls = program.find(f"{{{NS_SEP2}}}DERControlListLink")
            name = program.findtext(f"{{{NS_SEP2}}}description", "")
            address = href("dderc", request.client_lfdi, name)
            if program.find(f"{{{NS_SEP2}}}DefaultDERControlLink") is not None:
                self._nothing.discard(address)
            elif controls is not None:
                self._nothing.add(address)
                controls.addprevious(etree.Element(f"{{{NS_SEP2}}}DefaultDERControlLink", href=address))
        return response._replace(body=etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


class HugeList(Quirk):
    """The first program has 600 more events, all of them after the scenario's end; see `with_huge_list`."""

    def after(self, request: Request, response: Response, t: float) -> Response:
        if response.kind == "DERControlList" and _is_list(response) and _total(response.body) >= HUGE:
            self.count(request, t)
        return response


def with_huge_list(scenario: Scenario, spell: Spell) -> Scenario:
    """Give the scenario with 600 events of five minutes more; no Response to them is asked for."""
    if not scenario.programs or spell.begin >= scenario.duration_s:
        return scenario
    first = max([scenario.duration_s, *(event.latest_end for event in scenario.events)]) + 3600
    more = [
        Event(
            id=f"huge-{i:03d}",
            program=scenario.programs[0].id,
            at=int(spell.begin),
            start=first + 300 * i,
            duration=300,
            responseRequired=0,
            opModExpLimW=1000 + i,
        )
        for i in range(HUGE)
    ]
    gone = [Change(at=int(spell.end), event=event.id, status="removed") for event in more if spell.end < math.inf]
    parts = dict(scenario) | {"events": [*scenario.events, *more], "changes": [*scenario.changes, *gone]}
    return Scenario.model_validate(parts)


def _asking(request: Request, *, limit: int, start: int | None = None) -> Request:
    """Give the request for a shorter page, or one that starts elsewhere."""
    asked = dict(parse_qsl(request.query))
    if request.method != "GET" or not asked.get("l", "").isdecimal():
        return request
    asked["l"] = str(min(limit, int(asked["l"])))
    if start is not None:
        asked["s"] = str(max(0, start))
    return request._replace(query=urlencode(asked))


def _start(request: Request) -> int:
    asked = dict(parse_qsl(request.query)).get("s", "")
    return int(asked) if asked.isdecimal() else 0


def _is_list(response: Response) -> bool:
    return response.is_document and response.kind.endswith("List")


def _total(document: bytes) -> int:
    return int(etree.fromstring(document).get("all", 0))
