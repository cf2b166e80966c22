"""Subscriptions of the national server, and the Notifications that follow from them.

Only an aggregator may subscribe; a device's own certificate is refused, as BSGIP's envoy does. A Notification brings
what a GET would give now, and is queued at once; to send it is the work of someone else, who tells how it went.
Source: IEEE 2030.5-2018 8.6 (Subscription/Notification); BSGIP's envoy for addresses and refusals.
"""

from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from envoy_schema.server.schema.sep2 import pub_sub
from lxml import etree
from lxml.builder import ElementMaker

from sluice_tools.conformance.national import inbox
from sluice_tools.conformance.national.documents import MOUNT
from sluice_tools.conformance.national.mirrors import MOST
from sluice_tools.utility.dialect import Dialect
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, created, document, page
from sluice_wire.sep2 import NS_SEP2

AGGREGATOR = 0  # the EndDevice that stands for the aggregator: its list takes subscriptions to anything
SUBSCRIBABLE = frozenset(
    (
        *("EndDeviceList", "EndDevice", "FunctionSetAssignmentsList", "DERProgramList", "DERControlList"),
        *("DefaultDERControl", "DERCapability", "DERSettings", "DERStatus", "DERAvailability"),
        *("TariffProfileList", "RateComponentList", "TimeTariffIntervalList", "CombinedTimeTariffIntervalList"),
    )
)
CHANGED, DELETED = 0, 4  # Notification.status; the second also ends the subscription
LEVEL = "+S1"

NS_XSI = "http://www.w3.org/2001/XMLSchema-instance"
SEP = ElementMaker(namespace=NS_SEP2, nsmap={None: NS_SEP2, "xsi": NS_XSI})


class Subscription(NamedTuple):
    """A Subscription of `lfdi`, posted to the list of EndDevice `device_id`; `resource` is a path without the mount."""

    id: int
    device_id: int
    lfdi: str
    resource: str
    uri: str
    limit: int
    created_s: float

    @property
    def address(self) -> str:
        """Where it lies."""
        return f"/edev/{self.device_id}/sub/{self.id}"


class Due(NamedTuple):
    """A Notification that is to be posted to `uri`."""

    uri: str
    body: bytes
    subscription_id: int


class Notification(NamedTuple):
    """A Notification that was posted: when (Unix seconds), and the status that it was answered."""

    subscription_id: int
    uri: str
    status: int
    at_s: float


class Subscriptions:
    """The SubscriptionLists. `aggregator`: whether the client is one; may be set at any time.

    `due`: what is to be posted, oldest first; `notifications`: what was.
    """

    def __init__(self, resources: Resources, dialect: Dialect, *, aggregator: bool = False) -> None:
        self.aggregator = aggregator
        self.subscriptions: list[Subscription] = []
        self.due: list[Due] = []
        self.notifications: list[Notification] = []
        self._resources = resources
        self._dialect = dialect
        self._count = 0
        self.add_device(AGGREGATOR)

    def add_device(self, device_id: int) -> None:
        """Give an EndDevice its SubscriptionList."""
        get, post = partial(self._get_list, device_id), partial(self._post, device_id)
        self._resources.add(f"/edev/{device_id}/sub", "SubscriptionList", None, GET=get, POST=post)

    def changed(self, now: float, resource: str) -> None:
        """Queue a Notification for everyone who subscribed to the resource at this path (without the mount)."""
        self._queue(now, [each for each in self.subscriptions if each.resource == resource])

    def changed_kind(self, now: float, *kinds: str) -> None:
        """Queue one for everyone who subscribed to any resource of these kinds."""
        self._queue(now, [each for each in self.subscriptions if self._resources.kind(each.resource) in kinds])

    def _queue(self, now: float, subscriptions: list[Subscription]) -> None:
        for subscription in subscriptions:
            self.due.append(Due(subscription.uri, self._notification(subscription, now), subscription.id))

    def transmitted(self, now: float, uri: str, status: int) -> None:
        """Note that the oldest Notification due at `uri` was posted and answered with `status`."""
        due = next(each for each in self.due if each.uri == uri)
        self.due.remove(due)
        self.notifications.append(Notification(due.subscription_id, uri, status, now))

    def _notification(self, subscription: Subscription, now: float) -> bytes:
        path, query = subscription.resource, f"s=0&l={subscription.limit}"
        asked = Request("GET", path, query, {}, b"", subscription.lfdi)
        parts = [SEP.subscribedResource(MOUNT + path)]
        status = CHANGED
        try:
            answer = self._dialect.spoken(self._resources.grant(asked)(asked, now))
            parts.append(embedded(answer.body))
        except Refusal:
            status = DELETED
            self._remove(subscription)
        parts += [SEP.status(str(status)), SEP.subscriptionURI(MOUNT + subscription.address)]
        return etree.tostring(SEP.Notification(*parts), xml_declaration=True, encoding="UTF-8")

    def _remove(self, subscription: Subscription) -> None:
        self.subscriptions.remove(subscription)
        self._resources.remove(subscription.address)

    # --- requests -------------------------------------------------------------------------------

    def _check(self, request: Request) -> None:
        if not self.aggregator:
            raise Refusal(403, f"{request.client_lfdi} is not an aggregator: it has no subscriptions")

    def _get_list(self, device_id: int, request: Request, now: float) -> Response:
        self._check(request)
        listed = [each for each in self.subscriptions if device_id in (AGGREGATOR, each.device_id)]
        shown = page(request, listed, MOST)
        return document(
            pub_sub.SubscriptionListResponse(
                href=f"{MOUNT}/edev/{device_id}/sub",
                all_=len(listed),
                results=len(shown),
                subscriptions=[_model(each) for each in shown],
            )
        )

    def _post(self, device_id: int, request: Request, now: float) -> Response:
        self._check(request)
        posted = inbox.read(self._dialect, request, pub_sub.Subscription)
        resource = posted.subscribedResource.removeprefix(MOUNT)
        if resource == posted.subscribedResource or self._resources.kind(resource) not in SUBSCRIBABLE:
            raise Refusal(400, f"nobody can subscribe to {posted.subscribedResource}")
        if device_id != AGGREGATOR and not f"{resource}/".startswith(f"/edev/{device_id}/"):
            raise Refusal(400, f"{resource} is not of EndDevice {device_id}")
        where = urlsplit(posted.notificationURI)
        if where.scheme not in ("http", "https") or not where.hostname:
            raise Refusal(400, f"notificationURI {posted.notificationURI} is not an address of HTTP")
        self._count += 1
        lfdi, uri, limit = request.client_lfdi, posted.notificationURI, posted.limit
        subscription = Subscription(self._count, device_id, lfdi, resource, uri, limit, now)
        self.subscriptions.append(subscription)
        get, delete = partial(self._get, subscription), partial(self._delete, subscription)
        self._resources.add(subscription.address, "Subscription", None, GET=get, DELETE=delete)
        return created(MOUNT + subscription.address)

    def _get(self, subscription: Subscription, request: Request, now: float) -> Response:
        self._check(request)
        return document(_model(subscription))

    def _delete(self, subscription: Subscription, request: Request, now: float) -> Response:
        self._check(request)
        self._remove(subscription)
        return Response(204)


def embedded(resource: bytes) -> etree._Element:
    """Give a document of IEEE 2030.5 as the Resource of a Notification: the same, but named by its xsi:type."""
    root = etree.fromstring(resource)
    element: etree._Element = SEP.Resource(*root)
    for name, value in root.items():
        element.set(name, value)
    element.set(f"{{{NS_XSI}}}type", etree.QName(root).localname)
    return element


def _model(subscription: Subscription) -> pub_sub.Subscription:
    return pub_sub.Subscription(
        href=MOUNT + subscription.address,
        subscribedResource=MOUNT + subscription.resource,
        encoding=pub_sub.SubscriptionEncoding.XML,
        level=LEVEL,
        limit=subscription.limit,
        notificationURI=subscription.uri,
    )
