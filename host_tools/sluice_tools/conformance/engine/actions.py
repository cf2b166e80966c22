"""What the steps of a procedure do to the server and to the course of things, by the name of each action.

Each takes the course, the time (Unix seconds) and the parameters of the action, resolved.
Source: README of cactus-test-definitions 1.18.2, "Actions".
"""

import math
from collections.abc import Callable
from typing import Any

from sluice_tools.conformance.engine.course import Course
from sluice_tools.conformance.engine.expressions import Unresolvable
from sluice_tools.conformance.engine.vocabulary import LIMITS, RATES
from sluice_tools.conformance.national.state import FSA

MODES = (*LIMITS, "opModEnergize", "opModConnect", "opModFixedW")
PROGRAM, CONTROL, PROFILE, COMPONENT, INTERVAL = "program", "control", "profile", "component", "interval"
BLOCKS = (
    ("price_start_pow10_block0", "price_pow10_encoded_block0"),
    ("price_start_pow10_block1", "price_pow10_encoded_block1"),
)


class NotMade(LookupError):
    """An action is about something that an earlier step should have made; the client did not let it come so far."""


def _enable(course: Course, now: float, *, steps: list[str]) -> None:
    course.enable(steps, now)


def _remove(course: Course, now: float, *, steps: list[str]) -> None:
    course.remove(steps, now)


def _finish(course: Course, now: float, *, fail_message: str = "") -> None:
    course.ending = fail_message


def _set_default(
    course: Course, now: float, *, derp_id: int | None = None, cancelled: bool = False, **values: float
) -> None:
    course.server.set_default(now, values, derp_id=derp_id, cancelled=cancelled)
    told = " ".join(f"{name}={value:g}" for name, value in values.items())
    course.tell(now, "server", f"DefaultDERControl {'cancelled ' if cancelled else ''}{told}".rstrip())


def _create_control(course: Course, now: float, **given: Any) -> None:
    server = course.server
    _look_for_devices(course, given)
    if "pow_10_multipliers" in given:
        server.book.pow10 = given["pow_10_multipliers"]
    control = server.create_control(
        now,
        _program(course, now, given),
        start=given["start"],
        duration=int(given["duration_seconds"]),
        modes={name: given[name] for name in MODES if name in given},
        randomize_start=given.get("randomizeStart_seconds"),
        ramp_time_s=given.get("ramp_time_seconds"),
    )
    _tag(course, CONTROL, given, control.id)
    told = " ".join(
        f"{name}={value if isinstance(value, bool) else f'{value:g}'}" for name, value in control.modes.items()
    )
    name = given.get("tag", control.id)
    course.tell(now, "server", f"DERControl {name} from {given['start'] - now:+g} s for {control.duration} s: {told}")


def _program(course: Course, now: float, given: dict[str, Any]) -> int:
    """Give the program that a control goes to: the one of its tag, or of its primacy, made if there is none."""
    if "der_program_tag" in given:
        return _made(course, PROGRAM, given["der_program_tag"])
    primacy, fsa_id = given.get("primacy", 0), given.get("fsa_id")
    for program in course.server.programs:
        if program.primacy == primacy and fsa_id in (None, program.fsa_id) and program.gone_s is None:
            return program.id
    return course.server.create_program(now, primacy, fsa_id).id


def _create_program(course: Course, now: float, *, primacy: int, fsa_id: int | None = None, **given: Any) -> None:
    _look_for_devices(course, given)
    program = course.server.create_program(now, primacy, fsa_id)
    _tag(course, PROGRAM, given, program.id)
    course.tell(now, "server", f"DERProgram {program.id} of primacy {primacy}")


def _look_for_devices(course: Course, given: dict[str, Any]) -> None:
    """What one EndDevice is given all are: those that it is to be shared by must be there."""
    count = len(course.server.devices)
    missing = [index for index in given.get("end_device_indexes", ()) if index >= count]
    if missing:
        raise Unresolvable(f"there is no EndDevice {missing[0] + 1}: the client has registered {count}")


def _cancel_controls(course: Course, now: float) -> None:
    course.server.cancel_controls(now)
    course.tell(now, "server", "all DERControls are cancelled")


def _set_rates(course: Course, now: float, **given: int) -> None:
    course.server.set_rates(now, {RATES[name]: seconds for name, seconds in given.items()})
    course.tell(now, "server", " ".join(f"{RATES[name]}={seconds} s" for name, seconds in given.items()))


def _communicate(course: Course, now: float, *, enabled: bool) -> None:
    course.communicating = enabled
    course.tell(now, "server", "answers again" if enabled else "answers 500 to everything")


def _registration_links(course: Course, now: float, *, enabled: bool) -> None:
    course.server.book.registration_links = enabled


def _register(
    course: Course, now: float, *, nmi: str | None = None, registration_pin: int | None = None, **_: Any
) -> None:
    """A client with a certificate of its own is registered by it; what is said of aggregators is for these alone."""
    course.server.register(now, course.lfdi, pin=registration_pin, nmi=nmi)


def _remove_fsa(course: Course, now: float, *, fsa_id: int) -> None:
    course.server.remove_fsa(now, fsa_id)
    course.tell(now, "server", f"FunctionSetAssignments {fsa_id} removed")


def _add_well_known(course: Course, now: float, *, version: str, dcap_paths: list[str]) -> None:
    course.server.well_known[version] = dcap_paths


def _add_route(course: Course, now: float, *, route: str, proxy_to: str) -> None:
    course.routes[route] = proxy_to


def _force(
    course: Course,
    now: float,
    *,
    endpoint: str,
    status: int,
    retry_after_seconds: int | None = None,
    duration_seconds: int | None = None,
) -> None:
    until = now + (math.inf if duration_seconds is None else duration_seconds)
    course.forced[endpoint] = status, retry_after_seconds, until
    course.tell(now, "server", f"{endpoint} answers {status} for {until - now:g} s")


def _create_profile(
    course: Course, now: float, *, primacy: int, fsa_id: int = FSA, price_pow_10_multiplier: int = 0, **given: Any
) -> None:
    made = course.server.tariffs.create_profile(now, primacy, fsa_id, price_pow_10_multiplier)
    _tag(course, PROFILE, given, made)


def _create_component(course: Course, now: float, **given: Any) -> None:
    profile = _tagged(course, PROFILE, given.pop("tariff_profile_tag", None))
    fields = {name: value for name, value in given.items() if name != "tag"}
    _tag(course, COMPONENT, given, course.server.tariffs.create_rate_component(now, profile, **fields))


def _create_interval(course: Course, now: float, *, start: float, duration_seconds: int, **given: Any) -> None:
    component = _tagged(course, COMPONENT, given.get("rate_component_tag"))
    blocks = [(given.get(begin), given[price]) for begin, price in BLOCKS if price in given]
    made = course.server.tariffs.create_interval(now, component, start, duration_seconds, blocks)
    _tag(course, INTERVAL, given, made)


def _cancel_intervals(course: Course, now: float, *, tag: str | None = None) -> None:
    course.server.tariffs.cancel_intervals(now, _tagged(course, INTERVAL, tag))


def _delete_component(course: Course, now: float, *, tag: str) -> None:
    course.server.tariffs.delete_rate_component(now, _made(course, COMPONENT, tag))


def _tag(course: Course, kind: str, given: dict[str, Any], made: int) -> None:
    if "tag" in given:
        course.tags[f"{kind} {given['tag']}"] = made


def _tagged(course: Course, kind: str, tag: str | None) -> int | None:
    return None if tag is None else _made(course, kind, tag)


def _made(course: Course, kind: str, tag: str) -> int:
    """Give the id of what an earlier action made; NotMade if it has not happened."""
    made = course.tags.get(f"{kind} {tag}")
    if made is None:
        raise NotMade(f"there is no {kind} {tag}")
    return made


ACTIONS: dict[str, Callable[..., None]] = {
    "enable-steps": _enable,
    "remove-steps": _remove,
    "finish-test": _finish,
    "set-default-der-control": _set_default,
    "create-der-control": _create_control,
    "create-der-program": _create_program,
    "cancel-active-der-controls": _cancel_controls,
    "set-comms-rate": _set_rates,
    "communications-status": _communicate,
    "edev-registration-links": _registration_links,
    "register-end-device": _register,
    "remove-function-set-assignment": _remove_fsa,
    "create-wellknown-route": _add_well_known,
    "add-proxy-route": _add_route,
    "force-response-status": _force,
    "create-tariff-profile": _create_profile,
    "create-rate-component": _create_component,
    "create-time-tariff-interval": _create_interval,
    "cancel-time-tariff-intervals": _cancel_intervals,
    "delete-rate-component": _delete_component,
}
