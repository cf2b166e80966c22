"""The checks of the procedures: questions to what the server holds, answered yes or no, and why.

What a check does not ask for does not matter to it, as in the national harness.
Source: README of cactus-test-definitions 1.18.2, "Checks"; the behaviour of cactus-runner.
"""

import re
from collections.abc import Callable, Iterator

from sluice_tools.conformance.engine import checks_log, checks_readings
from sluice_tools.conformance.engine.asked import Asked, within
from sluice_tools.conformance.engine.expressions import Expression
from sluice_tools.conformance.engine.vocabulary import READINGS
from sluice_tools.conformance.national.inbox import DER_DOCUMENTS
from sluice_tools.conformance.record import Judgement
from sluice_wire.identity import sfdi

SET, UNSET = "_set", "_unset"
BIT = "genConnectStatus_bit"
DER_CHECKS = {"der-capability-contents": "dercap", "der-settings-contents": "derg", "der-status-contents": "ders"}


def run(check: str, asked: Asked) -> Judgement:
    """Ask a check; Unresolvable if a parameter has no value."""
    return CHECKS[check](asked)


def _steps_complete(asked: Asked) -> Judgement:
    left = [name for name in asked.course.left if name not in asked.values.get("ignored_steps", ())]
    return not left, f"not done: {', '.join(left)}" if left else "every step is done"


def _end_device(asked: Asked) -> Judgement:
    device = asked.course.server.device
    if device is None:
        return False, "no EndDevice is registered"
    faults = []
    if asked.values.get("has_connection_point_id") and not device.nmi:
        faults.append("its ConnectionPoint has no id")
    wanted = int(asked.values.get("deviceCategory_anyset", "0"), 16)
    if wanted and not wanted & device.category:
        faults.append(f"deviceCategory {device.category:08X} has none of {wanted:08X}")
    if asked.values.get("check_lfdi"):
        if not re.fullmatch("[0-9A-F]{40}", device.told_lfdi):
            faults.append(f"lFDI {device.told_lfdi} is not 40 upper-case hexadecimal digits")
        elif device.sfdi != sfdi(device.lfdi):
            faults.append(f"sFDI {device.sfdi} does not follow from the lFDI: expected {sfdi(device.lfdi)}")
    return not faults, "; ".join(faults) or f"EndDevice {device.id}, lFDI {device.lfdi}"


def _end_device_count(asked: Asked) -> Judgement:
    return within(len(asked.course.server.devices), asked.values, "EndDevices")


def _der_document(check: str) -> Callable[[Asked], Judgement]:
    name = DER_CHECKS[check]
    title = DER_DOCUMENTS[name].__name__

    def answer(asked: Asked) -> Judgement:
        device = asked.course.server.device
        told = device.der.get(name) if device else None
        if told is None:
            return False, f"no {title} was told"
        faults = list(_faults(asked, told))
        return not faults, f"{title}: {'; '.join(faults) or 'as it should be'}"

    return answer


def _faults(asked: Asked, told: dict[str, int | float]) -> Iterator[str]:
    """Tell what of a document of a DER is not as the parameters want it."""
    for key, wanted in asked.values.items():
        element = BIT.removesuffix("_bit") if key.startswith(BIT) else key.removesuffix(UNSET).removesuffix(SET)
        value = told.get(element)
        given = asked.given[key]
        if wanted is False and isinstance(given, Expression):
            yield f"{element} is {value}: it must satisfy {given.text}"
        elif key.startswith(BIT):
            bit = int(key.removeprefix(BIT))
            if value is None or bool(int(value) >> bit & 1) is not wanted:
                yield f"{element} is {_shown(value)}: bit {bit} must be {int(wanted)}"
        elif isinstance(wanted, bool):
            if (value is not None) is not wanted:
                yield f"{element} must be told" if wanted else f"{element} must not be told, it is {value}"
        elif isinstance(wanted, str):
            mask = int(wanted, 16)
            if value is None or int(value) & mask != (0 if key.endswith(UNSET) else mask):
                yield f"{element} is {_shown(value)}: {wanted} must be {'clear' if key.endswith(UNSET) else 'set'}"
        elif value != wanted:
            yield f"{element} is {_shown(value)}, expected {wanted}"


def _shown(value: float | None) -> str:
    return "not told" if value is None else f"{value:g}"


CHECKS: dict[str, Callable[[Asked], Judgement]] = {
    "all-steps-complete": _steps_complete,
    "all-notifications-transmitted": checks_log.notifications,
    "end-device-contents": _end_device,
    "end-device-count": _end_device_count,
    **{check: _der_document(check) for check in DER_CHECKS},
    **{check: checks_readings.of(check) for check in READINGS},
    "subscription-contents": checks_log.subscription,
    "response-contents": checks_log.responses,
    "price-response-contents": checks_log.price_responses,
    "all-polls-at-correct-time": checks_log.polls,
    "resource-requests": checks_log.requests,
}
