"""Procedures of the classes PRC, S-G and S-L, which the gateway does not claim, played by small clients written here:
every action and every check of the package is carried out, and a bad client fails the criterion that it should."""

from collections.abc import Callable

import pytest
from lxml import etree
from national_world import LFDI, MEDIA_TYPES, NOW, NS, PEN, all_texts, text

from sluice_tools.conformance.engine import procedures
from sluice_tools.conformance.engine.harness import TICK_S, Harness
from sluice_tools.conformance.national.server import MOUNT
from sluice_tools.conformance.record import PASS
from sluice_tools.utility.message import Request, Response
from sluice_wire.identity import sfdi

LOADED = procedures.load()
RECEIVED, CANCELLED = 1, 6
PRESSED_S = 30  # when the button is pressed
URI = "https://aggregator.example/notified"
EDEV = f'<EndDevice xmlns="{NS}"><lFDI>{LFDI}</lFDI><sFDI>{sfdi(LFDI)}</sFDI><changedTime>1</changedTime></EndDevice>'
SETTINGS = (
    f'<DERSettings xmlns="{NS}"><setGradW>%s</setGradW><setMaxW><multiplier>0</multiplier><value>9000</value></setMaxW>'
    "<updatedTime>1</updatedTime></DERSettings>"
)
SUBSCRIPTION = (
    f'<Subscription xmlns="{NS}"><subscribedResource>{MOUNT}%s</subscribedResource><encoding>0</encoding><level>+S1'
    f"</level><limit>10</limit><notificationURI>{URI}</notificationURI></Subscription>"
)
ANSWER = (
    f'<PriceResponse xmlns="{NS}"><createdDateTime>1</createdDateTime><endDeviceLFDI>{LFDI}</endDeviceLFDI><status>%d'
    "</status><subject>%s</subject></PriceResponse>"
)
SUBSCRIBABLE = ("/edev", "/edev/1/fsa", "/edev/1/fsa/1/derp", "/edev/1/derp/1/derc", "/edev/1/derp/1/dderc")


class Player:
    """A client of one play of a procedure, and the hands that run it; time is virtual."""

    def __init__(self, procedure: str, version: str = "1.3") -> None:
        self.harness = Harness(LOADED[procedure], version, LFDI, PEN)
        self.now = NOW
        self._media_type = MEDIA_TYPES[version]
        self.harness.course.server.subscriptions.aggregator = True
        self.harness.initialise(NOW)

    def ask(self, method: str, path: str, body: str = "") -> Response:
        """Ask for a path without the mount."""
        path, _, query = path.partition("?")
        headers = {"accept": self._media_type, **({"content-type": self._media_type} if body else {})}
        return self.harness.handle(Request(method, MOUNT + path, query, headers, body.encode(), LFDI), self.now)

    def get(self, path: str) -> etree._Element:
        """Read a list whole."""
        return etree.fromstring(self.ask("GET", f"{path}?l=99").body)

    def failed(self) -> list[str]:
        """Give the criteria that are not met at the end."""
        self.harness.finish(self.now)
        return [verdict.check.split()[0] for verdict in self.harness.verdicts if verdict.result != PASS]


class PriceClient(Player):
    """One that follows prices as it should, but for what a test takes from it: `statuses` are those that it answers;
    `often`: it reads the RateComponents at every poll of prices."""

    def __init__(self, procedure: str, statuses: tuple[int, ...] = (RECEIVED, CANCELLED), often: bool = False) -> None:
        super().__init__(procedure)
        self._statuses = statuses
        self._often = often
        self._components: set[str] = set()
        self._answered: set[tuple[int, str]] = set()
        self._profiles_at = self._prices_at = NOW
        self.ask("POST", "/edev", EDEV)

    def play(self, seconds: int) -> list[str]:
        """Play it, for so long at most; give the criteria that are not met."""
        assert self.harness.start(self.now) == []
        end = self.now + seconds
        while self.now < end and not self.harness.finished:
            self._poll()
            self.harness.tick(self.now)
            if self.now == NOW + PRESSED_S:
                self.harness.proceed(self.now)
            self.now += TICK_S
        return self.failed()

    def _poll(self) -> None:
        if self.now >= self._profiles_at:
            profiles = self.get("/edev/1/fsa/1/tp")
            self._profiles_at += int(profiles.get("pollRate", "0"))
            self._read_components()
        if self.now >= self._prices_at and not self.harness.finished:
            prices = self.get("/edev/1/tp/1/ctti")
            self._prices_at += int(prices.get("pollRate", "0"))
            if self._often or set(prices.xpath("//*[local-name()='RateComponentLink']/@href")) - self._components:
                self._read_components()
            for interval in prices:
                self._answer(interval)

    def _read_components(self) -> None:
        self._components |= {component.get("href", "") for component in self.get("/edev/1/tp/1/rc")}

    def _answer(self, interval: etree._Element) -> None:
        cancelled = text(interval, "currentStatus") == "2"
        for status in (RECEIVED, CANCELLED) if cancelled else (RECEIVED,):
            answered = status, text(interval, "mRID") or ""
            if status in self._statuses and answered not in self._answered:
                self._answered.add(answered)
                self.ask("POST", interval.get("replyTo", "").removeprefix(MOUNT), ANSWER % answered)


@pytest.mark.parametrize("procedure", ["PRC-01", "PRC-02", "PRC-03", "PRC-04", "PRC-05"])
def test_a_client_that_follows_prices_passes(procedure: str) -> None:
    assert PriceClient(procedure).play(700) == []


@pytest.mark.parametrize(
    ("make", "criterion"),
    [
        (lambda: PriceClient("PRC-04", statuses=(RECEIVED,)), "price-response-contents"),
        (lambda: PriceClient("PRC-04", statuses=(CANCELLED,)), "price-response-contents"),
        (lambda: PriceClient("PRC-05", statuses=()), "all-steps-complete"),
        (lambda: PriceClient("PRC-01", often=True), "resource-requests"),
    ],
    ids=["silent about cancellations", "silent about receipt", "silent", "asks too often"],
)
def test_a_bad_client_of_prices_fails_the_criterion_that_it_should(
    make: Callable[[], PriceClient], criterion: str
) -> None:
    assert set(make().play(700)) == {criterion}


def subscribed(procedure: str, version: str, resources: tuple[str, ...] = SUBSCRIBABLE) -> Player:
    """Give an aggregator that has registered and subscribed."""
    player = Player(procedure, version)
    player.ask("POST", "/edev", EDEV)
    player.ask("PUT", "/edev/1/der/1/derg", SETTINGS % 27)
    for resource in resources:
        player.now += 1
        player.ask("POST", "/edev/0/sub", SUBSCRIPTION % resource)
    return player


def transmit(player: Player, status: int = 204) -> list[etree._Element]:
    """Post what is due, which is answered with `status`; give the Notifications."""
    subscriptions = player.harness.course.server.subscriptions
    notified = [etree.fromstring(due.body) for due in subscriptions.due]
    for due in list(subscriptions.due):
        subscriptions.transmitted(player.now, due.uri, status)
    return notified


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_an_aggregator_that_subscribes_is_told_of_every_change(version: str) -> None:
    player = subscribed("ALL-14", version)
    told = {text(each, "subscribedResource") for each in transmit(player)}
    assert told >= {MOUNT + resource for resource in SUBSCRIBABLE}
    assert player.failed() == []


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_an_aggregator_that_is_told_of_a_gradient_adopts_it(version: str) -> None:
    player = subscribed("ALL-17", version)
    assert player.harness.start(player.now) == []
    gradient = all_texts(transmit(player)[-1], "setGradW")
    player.ask("PUT", "/edev/1/der/1/derg", SETTINGS % gradient[0])
    assert gradient == ["100"]
    assert player.failed() == []


def test_a_notification_that_is_not_taken_fails_its_criterion() -> None:
    player = subscribed("ALL-14", "1.3")
    transmit(player, status=500)
    assert player.failed() == ["all-notifications-transmitted"]


def test_without_a_subscription_the_preconditions_are_not_met() -> None:
    player = subscribed("ALL-17", "1.3", resources=("/edev/1/derp/1/derc",))
    assert player.harness.start(player.now) == ["0 Subscriptions to /edev/1/derp/1/dderc"]


def test_a_resource_that_nobody_subscribed_to_leaves_its_step_undone() -> None:
    player = subscribed("ALL-14", "1.3", resources=SUBSCRIBABLE[:-1])
    transmit(player)
    assert player.failed() == ["all-steps-complete"]
