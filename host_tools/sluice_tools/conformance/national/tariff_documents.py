"""The pricing documents of CSIP-AUS 1.3, as XML. Pure: records in, elements out.

They are written with lxml because envoy-schema does not know them before its version 2.
Source: IEEE 2030.5-2018 10.5; CSIP-AUS 1.3; BSGIP's envoy for what a server of this family says of its own.
"""

from lxml import etree
from lxml.builder import ElementMaker

from sluice_tools.conformance.national.documents import mrid
from sluice_tools.conformance.national.tariff_book import Interval, Profile, RateComponent
from sluice_wire.sep2 import ACTIVE, CANCELLED, NS_CSIPAUS_13, NS_SEP2, SCHEDULED

NAMES = {None: NS_SEP2, "csipaus": NS_CSIPAUS_13}
SEP = ElementMaker(namespace=NS_SEP2, nsmap=NAMES)
AUS = ElementMaker(namespace=NS_CSIPAUS_13, nsmap=NAMES)

# Kinds of mRIDs, next to those of `documents`
MRID_PROFILE, MRID_COMPONENT, MRID_INTERVAL = 7, 8, 9
AUSTRALIAN_DOLLAR = 36  # ISO 4217
ELECTRICITY = 0
NO_TIER = 0
FIRST_BLOCK = 1  # consumptionBlock; 0 is "not applicable"
RESPOND = "03"  # when it is received, and what becomes of it
UNCONDITIONAL = 1  # subscribable, without thresholds
# The fields of a ReadingType in their order, and the names that the procedures have for them.
READING_TYPE = {
    "commodity": "commodity",
    "dataQualifier": "data_qualifier",
    "flowDirection": "flow_direction",
    "kind": "kind",
    "phase": "phase",
    "powerOfTenMultiplier": "power_of_ten_multiplier",
    "uom": "uom",
}

Element = etree._Element


def profile_element(profile: Profile, href: str, pen: int, components: int, intervals: int) -> Element:
    """Give a TariffProfile with so many RateComponents and intervals; its address is below an EndDevice."""
    return SEP.TariffProfile(
        SEP.mRID(mrid(MRID_PROFILE, 0, profile.id, pen)),
        SEP.description(f"tariff {profile.id}"),
        SEP.currency(str(AUSTRALIAN_DOLLAR)),
        SEP.pricePowerOfTenMultiplier(str(profile.price_pow10)),
        SEP.primacy(str(profile.primacy)),
        SEP.rateCode(f"T{profile.id}"),
        SEP.RateComponentListLink(href=f"{href}/rc", all=str(components)),
        SEP.serviceCategoryKind(str(ELECTRICITY)),
        AUS.CombinedTimeTariffIntervalListLink(href=f"{href}/ctti", all=str(intervals)),
        href=href,
    )


def component_element(component: RateComponent, href: str, pen: int, intervals: int) -> Element:
    """Give a RateComponent with so many intervals."""
    return SEP.RateComponent(
        SEP.mRID(mrid(MRID_COMPONENT, component.profile_id, component.id, pen)),
        SEP.ReadingTypeLink(href=f"{href}/rt"),
        SEP.roleFlags(f"{component.role_flags:04X}"),
        SEP.TimeTariffIntervalListLink(href=f"{href}/tti", all=str(intervals)),
        href=href,
    )


def reading_type_element(component: RateComponent, href: str) -> Element:
    """Give the ReadingType of a RateComponent: what its prices are per."""
    told = [(name, component.reading_type.get(field)) for name, field in READING_TYPE.items()]
    return SEP.ReadingType(*(SEP(name, str(value)) for name, value in told if value is not None), href=href)


def interval_element(interval: Interval, component_href: str, reply_to: str, now: float) -> Element:
    """Give a TimeTariffInterval as it stands at `now`, its prices included."""
    href = f"{component_href}/tti/{interval.id}"
    blocks = block_elements(interval, f"{href}/cti")
    count = str(len(blocks))
    if interval.cancelled_s is not None:
        status, since = CANCELLED, interval.cancelled_s
    else:
        status, since = (ACTIVE if interval.start <= now else SCHEDULED), interval.created_s
    return SEP.TimeTariffInterval(
        SEP.mRID(interval.mrid),
        SEP.version("0"),
        SEP.creationTime(str(int(interval.created_s))),
        SEP.EventStatus(
            SEP.currentStatus(str(status)),
            SEP.dateTime(str(int(since))),
            SEP.potentiallySuperseded("false"),
        ),
        SEP.interval(SEP.duration(str(interval.duration)), SEP.start(str(int(interval.start)))),
        SEP.ConsumptionTariffIntervalListLink(href=f"{href}/cti", all=count),
        SEP.touTier(str(NO_TIER)),
        AUS.ConsumptionTariffIntervalListSummary(*blocks, all=count, results=count),
        SEP.RateComponentLink(href=component_href),
        href=href,
        replyTo=reply_to,
        responseRequired=RESPOND,
    )


def block_elements(interval: Interval, href: str) -> list[Element]:
    """Give the prices of an interval: a ConsumptionTariffInterval for each block, at `href`/1 and so on."""
    return [
        SEP.ConsumptionTariffInterval(
            SEP.consumptionBlock(str(number)),
            SEP.price(str(block.price)),
            SEP.startValue(str(block.start_value)),
            href=f"{href}/{number}",
        )
        for number, block in enumerate(interval.blocks, FIRST_BLOCK)
    ]


def list_element(kind: str, href: str, shown: list[Element], count: int, **attributes: str) -> Element:
    """Give a list of `kind` that shows some of its `count` items."""
    return SEP(kind, *shown, href=href, all=str(count), results=str(len(shown)), **attributes)
