"""Subscriptions of the national server: who may subscribe to what, and what the Notifications say."""

import pytest
from lxml import etree
from national_world import LFDI, NOW, NS, NationalClient, judged_13, text

from sluice_tools.conformance.engine.actions import ACTIONS
from sluice_tools.conformance.national.server import MOUNT
from sluice_tools.schema import validate

URI = "https://aggregator.example/notified"
DERC = "/edev/1/derp/1/derc"
BODY = (
    f'<Subscription xmlns="{NS}"><subscribedResource>%s</subscribedResource><encoding>0</encoding><level>+S1</level>'
    "<limit>%d</limit><notificationURI>%s</notificationURI></Subscription>"
)
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
VERSIONS = ("1.2", pytest.param("1.3", marks=judged_13))
RESOURCES = {
    "EndDeviceList": "/edev",
    "EndDevice": "/edev/1",
    "FunctionSetAssignmentsList": "/edev/1/fsa",
    "DERProgramList": "/edev/1/fsa/1/derp",
    "DERControlList": DERC,
    "DefaultDERControl": "/edev/1/derp/1/dderc",
}
PRICES = {
    "TariffProfileList": "/edev/1/fsa/1/tp",
    "RateComponentList": "/edev/1/tp/1/rc",
    "TimeTariffIntervalList": "/edev/1/tp/1/rc/1/tti",
}


class Played:
    """What an action needs of a harness."""

    def __init__(self, client: NationalClient) -> None:
        self.server = client.national
        self.tags = {"control C": 1, "program P": 1, "component RC": 1, "interval TTI": 1}

    def tell(self, now: float, who: str, words: str) -> None:
        """Nobody listens."""


def aggregator(version: str = "1.3") -> NationalClient:
    """A client that may subscribe, of a server that has a control and a price."""
    client = NationalClient(version)
    client.national.subscriptions.aggregator = True
    client.national.set_default(NOW, {"opModExpLimW": 1500, "setGradW": 27})
    client.national.create_control(NOW, 1, start=NOW, duration=600, modes={"opModExpLimW": 0})
    client.national.tariffs.create_profile(NOW, 0)
    client.national.tariffs.create_rate_component(NOW)
    client.national.tariffs.create_interval(NOW, None, NOW, 600, [(None, 1)])
    return client


@pytest.fixture
def client() -> NationalClient:
    """An aggregator of version 1.3."""
    return aggregator()


def body(resource: str = MOUNT + DERC, limit: int = 10, uri: str = URI) -> str:
    """A Subscription."""
    return BODY % (resource, limit, uri)


def canonical(element: etree._Element) -> str:
    """The same for the same, whatever its prefixes."""
    return etree.canonicalize(etree.tostring(element, encoding="unicode"), rewrite_prefixes=True, strip_text=True)


def notified(client: NationalClient) -> list[str]:
    """The resources that Notifications are due of."""
    due = [text(etree.fromstring(each.body), "subscribedResource") or "" for each in client.national.subscriptions.due]
    return [resource.removeprefix(MOUNT) for resource in due]


@pytest.mark.parametrize(("method", "path"), [("POST", "/edev/1/sub"), ("POST", "/edev/0/sub"), ("GET", "/edev/1/sub")])
def test_a_device_with_a_certificate_of_its_own_may_not_subscribe(method: str, path: str) -> None:
    client = NationalClient()
    assert client.ask(method, path, body() if method == "POST" else "").status == 403
    assert client.national.subscriptions.subscriptions == []


@pytest.mark.parametrize("path", ["/edev/0/sub", "/edev/1/sub"])
def test_a_subscription_lives_from_its_post_to_its_delete(client: NationalClient, path: str) -> None:
    created = client.ask("POST", path, body())
    assert (created.status, created.header("Location")) == (201, f"{MOUNT}{path}/1")
    made = client.national.subscriptions.subscriptions[0]
    assert (made.id, made.lfdi, made.resource, made.uri, made.limit, made.created_s) == (1, LFDI, DERC, URI, 10, NOW)
    assert text(client.get(path), "Subscription", "subscribedResource") == MOUNT + DERC
    assert text(client.get(f"{path}/1"), "notificationURI") == URI
    assert client.ask("DELETE", f"{path}/1").status == 204
    assert client.ask("GET", f"{path}/1").status == 404
    assert client.national.subscriptions.subscriptions == []


@pytest.mark.parametrize("version", VERSIONS)
def test_subscriptions_are_valid(version: str) -> None:
    client = aggregator(version)
    client.ask("POST", "/edev/1/sub", body())
    assert [validate(client.ask("GET", path).body, version) for path in ("/edev/1/sub", "/edev/1/sub/1")] == [[], []]


@pytest.mark.parametrize(
    "refused",
    [
        body(DERC),
        body(f"{MOUNT}/edev/1/derp/9/derc"),
        body(f"{MOUNT}/tm"),
        body(f"{MOUNT}/edev/2/derp/1/derc"),
        body(uri="somewhere"),
        "no document",
    ],
    ids=["without the mount", "not there", "not subscribable", "of another device", "to no address", "no XML"],
)
def test_what_nobody_can_subscribe_to_is_refused(client: NationalClient, refused: str) -> None:
    client.national.register(NOW, "0" * 40)
    assert client.ask("POST", "/edev/1/sub", refused).status == 400
    assert client.national.subscriptions.subscriptions == []


@pytest.mark.parametrize(("kind", "path"), (RESOURCES | PRICES).items())
def test_a_notification_brings_what_a_get_gives(client: NationalClient, kind: str, path: str) -> None:
    client.ask("POST", "/edev/0/sub", body(MOUNT + path, limit=99))
    client.national.subscriptions.changed(NOW, path)
    notification = etree.fromstring(client.national.subscriptions.due[0].body)
    resource = notification.find(f"{{{NS}}}Resource")
    assert resource is not None
    assert resource.attrib.pop(XSI_TYPE) == kind
    resource.tag = f"{{{NS}}}{kind}"
    assert canonical(resource) == canonical(client.get(path))
    assert (text(notification, "status"), text(notification, "subscriptionURI")) == ("0", f"{MOUNT}/edev/0/sub/1")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", RESOURCES.values(), ids=RESOURCES)
def test_every_notification_is_valid(path: str, version: str) -> None:
    client = aggregator(version)
    client.ask("POST", "/edev/0/sub", body(MOUNT + path, limit=99))
    client.national.subscriptions.changed(NOW, path)
    assert [validate(due.body, version) for due in client.national.subscriptions.due] == [[]]


@judged_13
@pytest.mark.parametrize("path", PRICES.values(), ids=PRICES)
def test_every_notification_of_prices_is_valid(client: NationalClient, path: str) -> None:
    client.ask("POST", "/edev/0/sub", body(MOUNT + path, limit=99))
    client.national.subscriptions.changed(NOW, path)
    assert [validate(due.body, "1.3") for due in client.national.subscriptions.due] == [[]]


@pytest.mark.parametrize(("limit", "results"), [(0, "0"), (1, "1"), (5, "2")])
def test_a_notification_has_no_more_items_than_were_asked_for(client: NationalClient, limit: int, results: str) -> None:
    client.national.create_control(NOW, 1, start=NOW + 900, duration=300, modes={"opModExpLimW": 1})
    client.ask("POST", "/edev/1/sub", body(limit=limit))
    client.national.subscriptions.changed(NOW, DERC)
    resource = etree.fromstring(client.national.subscriptions.due[0].body).find(f"{{{NS}}}Resource")
    assert resource is not None
    assert (resource.get("all"), resource.get("results")) == ("2", results)


@pytest.mark.parametrize(
    ("resource", "action", "parameters"),
    [
        ("/edev", "set-comms-rate", {"edev_post_seconds": 30}),
        ("/edev/1/fsa", "set-comms-rate", {"fsa_list_poll_seconds": 30}),
        ("/edev/1/fsa/1/derp", "create-der-program", {"primacy": 99}),
        (DERC, "create-der-control", {"start": NOW, "duration_seconds": 600, "opModExpLimW": 0}),
        (DERC, "cancel-active-der-controls", {}),
        ("/edev/1/derp/1/dderc", "set-default-der-control", {"opModImpLimW": 1234}),
        ("/edev/1/fsa/1/tp", "create-tariff-profile", {"primacy": 1}),
        ("/edev/1/tp/1/rc", "create-rate-component", {"uom": 72}),
        ("/edev/1/tp/1/rc", "delete-rate-component", {"tag": "RC"}),
        (
            "/edev/1/tp/1/ctti",
            "create-time-tariff-interval",
            {"start": NOW, "duration_seconds": 60, "price_pow10_encoded_block0": 1},
        ),
        ("/edev/1/tp/1/rc/1/tti", "cancel-time-tariff-intervals", {"tag": "TTI"}),
    ],
)
def test_an_action_that_changes_a_resource_tells_its_subscriber_once(
    client: NationalClient, resource: str, action: str, parameters: dict[str, object]
) -> None:
    client.ask("POST", "/edev/0/sub", body(MOUNT + resource))
    ACTIONS[action](Played(client), NOW, **parameters)  # type: ignore[arg-type]
    assert notified(client) == [resource]


def test_a_client_that_subscribed_to_something_else_is_told_nothing(client: NationalClient) -> None:
    client.ask("POST", "/edev/1/sub", body(f"{MOUNT}/edev/1/derp/1/dderc"))
    client.national.create_control(NOW, 1, start=NOW, duration=60, modes={"opModConnect": False})
    assert notified(client) == []


def test_what_was_posted_is_noted_with_its_status_oldest_first(client: NationalClient) -> None:
    subscriptions = client.national.subscriptions
    client.ask("POST", "/edev/1/sub", body())
    client.ask("POST", "/edev/1/sub", body(f"{MOUNT}/edev/1/derp/1/dderc"))
    client.national.create_control(NOW, 1, start=NOW, duration=60, modes={"opModConnect": False})
    client.national.set_default(NOW, {"opModImpLimW": 1234})
    subscriptions.transmitted(NOW + 1, URI, 204)
    subscriptions.transmitted(NOW + 2, URI, 500)
    assert subscriptions.due == []
    assert subscriptions.notifications == [(1, URI, 204, NOW + 1), (2, URI, 500, NOW + 2)]


def test_a_notification_counts_as_told(client: NationalClient) -> None:
    client.ask("POST", "/edev/1/sub", body())
    client.now = NOW + 30
    made = client.national.create_control(client.now, 1, start=NOW, duration=60, modes={"opModConnect": False})
    assert made.told_s == NOW + 30


def test_the_end_of_a_resource_is_told_and_ends_the_subscription(client: NationalClient) -> None:
    client.ask("POST", "/edev/1/sub", body(f"{MOUNT}/edev/1/tp/1/rc/1/tti"))
    client.national.tariffs.delete_rate_component(NOW, 1)
    notification = etree.fromstring(client.national.subscriptions.due[0].body)
    assert text(notification, "status") == "4"
    assert notification.find(f"{{{NS}}}Resource") is None
    assert client.national.subscriptions.subscriptions == []
