"""The words of the procedures: every event, action and check, with its parameters. What is not here is an error.

A parameter is told by its type, with `!` if it must be there. A parameter that is null counts as not given.
Source: README and parameter schemas of cactus-test-definitions 1.18.2.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

RESOURCES = (
    *("DeviceCapability", "Time", "MirrorUsagePointList", "MirrorUsagePoint", "EndDeviceList", "EndDevice"),
    *("ConnectionPoint", "Registration", "FunctionSetAssignmentsList", "FunctionSetAssignments", "UsagePointList"),
    *("UsagePoint", "MeterReadingList", "MeterReading", "ReadingType", "DERProgramList", "DERProgram"),
    *("DERControlList", "DERControl", "DefaultDERControl", "DERList", "DER", "DERCapability", "DERSettings"),
    *("DERStatus", "SubscriptionList", "Subscription", "Notification", "TariffProfileList", "TariffProfile"),
    *("RateComponentList", "RateComponent", "CombinedTimeTariffIntervalList", "TimeTariffIntervalList"),
    *("TimeTariffInterval", "ConsumptionTariffIntervalList", "ConsumptionTariffInterval"),
)

LIMITS = ("opModImpLimW", "opModExpLimW", "opModGenLimW", "opModLoadLimW", "opModStorageTargetW")
SETTINGS = (
    *("setMaxVA", "setMaxVar", "setMaxVarNeg", "setMaxW", "setMaxChargeRateW", "setMaxDischargeRateW"),
    *("setMaxWh", "setMinWh", "setMinPFOverExcited", "setMinPFUnderExcited"),
)
RATINGS = (
    *("rtgMaxVA", "rtgMaxVar", "rtgMaxVarNeg", "rtgMaxW", "rtgMaxChargeRateW", "rtgMaxDischargeRateW"),
    *("rtgMaxWh", "rtgMinPFOverExcited", "rtgMinPFUnderExcited"),
)

_REQUEST = {"endpoint": "string!", "serve_request_first": "flag"}
EVENTS: Mapping[str, Mapping[str, str]] = {
    "GET-request-received": _REQUEST,
    "POST-request-received": _REQUEST,
    "PUT-request-received": _REQUEST,
    "DELETE-request-received": _REQUEST,
    "wait": {"duration_seconds": "integer!"},
    "proceed": {"timeout_seconds": "integer"},
}

# The rates of National, by the parameter that sets each.
RATES = {
    "dcap_poll_seconds": "dcap",
    "edev_post_seconds": "edev_post",
    "edev_list_poll_seconds": "edev",
    "fsa_list_poll_seconds": "fsa",
    "derp_list_poll_seconds": "derp",
    "der_list_poll_seconds": "der",
    "mup_list_poll_seconds": "mup",
    "mup_post_seconds": "mup_post",
    "tp_list_poll_seconds": "tp",
    "tti_list_poll_seconds": "tti",
}

_READING_TYPE = ("role_flags", "commodity", "data_qualifier", "flow_direction", "kind", "phase")
ACTIONS: Mapping[str, Mapping[str, str]] = {
    "enable-steps": {"steps": "strings!"},
    "remove-steps": {"steps": "strings!"},
    "finish-test": {"fail_message": "string"},
    "set-default-der-control": {
        "derp_id": "integer",
        **dict.fromkeys(LIMITS, "number"),
        "setGradW": "integer",
        "cancelled": "flag",
    },
    "create-der-control": {
        "start": "time!",
        "duration_seconds": "integer!",
        "pow_10_multipliers": "integer",
        "der_program_tag": "string",
        "primacy": "integer",
        "fsa_id": "integer",
        "randomizeStart_seconds": "integer",
        "ramp_time_seconds": "number",
        "opModEnergize": "flag",
        "opModConnect": "flag",
        **dict.fromkeys(LIMITS, "number"),
        "opModFixedW": "number",
        "tag": "string",
        "end_device_indexes": "integers",
    },
    "create-der-program": {
        "primacy": "integer!",
        "fsa_id": "integer",
        "end_device_indexes": "integers",
        "tag": "string",
    },
    "cancel-active-der-controls": {},
    "set-comms-rate": dict.fromkeys(RATES, "integer"),
    "communications-status": {"enabled": "flag!"},
    "edev-registration-links": {"enabled": "flag!"},
    "register-end-device": {
        "nmi": "string",
        "registration_pin": "integer",
        "aggregator_lfdi": "hex",
        "aggregator_sfdi": "integer",
    },
    "create-tariff-profile": {
        "primacy": "integer!",
        "fsa_id": "integer",
        "price_pow_10_multiplier": "integer",
        "tag": "string",
    },
    "create-rate-component": {
        "tariff_profile_tag": "string",
        **dict.fromkeys(_READING_TYPE, "integer"),
        "power_of_ten_multiplier": "integer",
        "uom": "integer",
        "tag": "string",
    },
    "create-time-tariff-interval": {
        "start": "time!",
        "duration_seconds": "integer!",
        "rate_component_tag": "string",
        "price_pow10_encoded_block0": "integer!",
        "price_pow10_encoded_block1": "integer",
        "price_start_pow10_block1": "integer",
        "tag": "string",
    },
    "cancel-time-tariff-intervals": {"tag": "string"},
    "delete-rate-component": {"tag": "string!"},
    "remove-function-set-assignment": {"fsa_id": "integer!"},
    "create-wellknown-route": {"version": "string!", "dcap_paths": "strings!"},
    "add-proxy-route": {"route": "string!", "proxy_to": "string!"},
    "force-response-status": {
        "endpoint": "string!",
        "status": "integer!",
        "retry_after_seconds": "integer",
        "duration_seconds": "integer",
    },
}

_BITS = ("", "_set", "_unset")
_READINGS = {
    "minimum_count": "integer",
    "minimum_level": "number",
    "maximum_level": "number",
    "window_seconds": "unsigned",
    "latest_reading_only": "flag",
}
_RESPONSES = {"latest": "flag", "status": "integer", "all": "flag", "subject_tag": "string", "exists": "flag"}
_COUNTS = {"minimum_count": "integer", "maximum_count": "integer"}
READINGS = (
    *("readings-site-active-power", "readings-site-reactive-power", "readings-voltage"),
    *("readings-der-active-power", "readings-der-reactive-power", "readings-der-stored-energy"),
)
CHECKS: Mapping[str, Mapping[str, str]] = {
    "all-steps-complete": {"ignored_steps": "strings"},
    "all-notifications-transmitted": {},
    "end-device-contents": {
        "has_connection_point_id": "flag",
        "deviceCategory_anyset": "hex",
        "check_lfdi": "flag",
    },
    "end-device-count": _COUNTS,
    "der-settings-contents": {
        "setGradW": "integer",
        **{
            f"{modes}{bits}": "hex"
            for modes in ("doeModesEnabled", "modesEnabled", "vppModesEnabled")
            for bits in _BITS
        },
        **dict.fromkeys(("doeModesEnabled", "vppModesEnabled", *SETTINGS), "flag"),
    },
    "der-capability-contents": {
        **{
            f"{modes}{bits}": "hex"
            for modes in ("doeModesSupported", "modesSupported", "vppModesSupported")
            for bits in _BITS
        },
        **dict.fromkeys(("doeModesSupported", "vppModesSupported", *RATINGS), "flag"),
    },
    "der-status-contents": {
        "genConnectStatus": "integer",
        **{f"genConnectStatus_bit{bit}": "flag" for bit in range(3)},
        "operationalModeStatus": "integer",
        "alarmStatus": "integer",
    },
    **dict.fromkeys(READINGS, _READINGS),
    "subscription-contents": {"subscribed_resource": "string!"},
    "response-contents": _RESPONSES,
    "price-response-contents": _RESPONSES,
    "all-polls-at-correct-time": {
        "endpoints": "strings!",
        "poll_interval_seconds": "integer!",
        "request_type_str": "string!",
    },
    "resource-requests": {"resources": "resources!", **_COUNTS},
}


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and int(value) == value


def _is_hex(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and all(digit in "0123456789abcdefABCDEF" for digit in value)


def _list_of(is_item: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(is_item, value))


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "unsigned": lambda value: _is_integer(value) and value >= 0,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "flag": lambda value: isinstance(value, bool),
    "time": lambda value: isinstance(value, datetime) and value.tzinfo is not None,
    "hex": _is_hex,
    "strings": _list_of(lambda item: isinstance(item, str)),
    "integers": _list_of(_is_integer),
    "resources": _list_of(lambda item: isinstance(item, str) and item in RESOURCES),
}
