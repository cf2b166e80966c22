"""Which limits the client had to hold at each second, by what the server had told it until then.

The answers to the client's own requests are read, and nothing else: no state of the server, nothing of the gateway. The
model of the rules (`truth`) is stepped over them, so a change counts from the second it was told. Where a start is
randomised the second that the client says it started in (response 2) is taken for drawn, held within what is allowed.
On its way to a lower value an import or load limit above setMaxW counts as setMaxW, as those of export do: the national
procedures call twice the maximum unconstrained, and watch a ramp from there.
Source: docs/events.md; requirements E1 to E9, E12.
"""

import math
import xml.etree.ElementTree as ET
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from sluice_tools.conformance import sites
from sluice_tools.conformance.operator import POWER_ON
from sluice_tools.conformance.ours.elements import all_of, href, integer, is_whole, name_of, text
from sluice_tools.conformance.record import Message, Play
from sluice_tools.promise import EXPORT, IMPORT
from sluice_tools.truth import MODES, SWITCHES, WATT_LIMITS, Control, Default, Draw, Leg, Model, Value
from sluice_wire.sep2 import EVENT_STARTED

OK = 200


@dataclass
class Word:
    """By second: the limit of each watt mode (`inf`: none), whether the DER may be connected and energized, and the
    set-points of FixedW (percent) and of the storage target (watts), NaN while there is none; setGradW (hundredths of a
    percent a second); `legs` are the ramps."""

    limits_w: dict[str, "array[float]"]
    live: bytearray
    fixed_pct: "array[float]"
    storage_w: "array[float]"
    grad: "array[float]"
    legs: dict[str, list[Leg]]


@dataclass
class _Program:
    """A program as the client was told of it. Paths are those of links, the server's mount included."""

    mrid: str
    primacy: int
    listed_at: str  # the path of the list that it is in, without the mount
    default_path: str
    controls_path: str
    default: Default | None = None
    controls: list[Control] = field(default_factory=list)


class _Held(NamedTuple):
    """What the model held from second `t` on, but for the limits."""

    t: int
    live: bool
    fixed_pct: float
    storage_w: float
    grad: int


def heard(play: Play, seconds: int) -> Word:
    """Give what the client had been told, for `seconds` seconds from 0."""
    fixed = {EXPORT: sites.FIXED_W, IMPORT: sites.FIXED_W}
    model = Model(fixed, sites.RATING_W, draw=_draws(play))
    legs: dict[str, list[Leg]] = {mode: [] for mode in WATT_LIMITS}
    held: list[_Held] = []
    telling = _Telling(play, model)
    t = 0
    while t < seconds:
        telling.tell(t)
        model.step(t)
        live = all(model.held[mode].value for mode in SWITCHES)
        fixed_pct = _number(model, "opModFixedW") / 100
        held.append(_Held(t, live, fixed_pct, _number(model, "opModStorageTargetW"), model.grad_w()))
        for mode, past in legs.items():
            if not past or past[-1] is not model.legs[mode]:
                past.append(model.legs[mode])
        t = int(min([at for at in (telling.next_s(), *_moments(model), seconds) if at > t]))
    return _spread(legs, held, seconds)


def _number(model: Model, mode: str) -> float:
    value = model.held[mode].value
    return math.nan if value is None else float(value)


def _moments(model: Model) -> Iterator[int]:
    """The seconds at which an event that is known begins or ends, as far as can be told now."""
    for event in model.listed():
        if event.over is None:
            yield model.end(event) if event.begun else model.effective_begin(event)


def _spread(legs: dict[str, list[Leg]], held: list[_Held], seconds: int) -> Word:
    limits_w = {mode: _line(past, seconds) for mode, past in legs.items()}
    live, fixed, storage, grad = bytearray(seconds), array("f"), array("f"), array("f")
    for one, end in zip(held, [each.t for each in held[1:]] + [seconds], strict=True):
        count = end - one.t
        live[one.t : end] = bytes([one.live]) * count
        fixed.extend([one.fixed_pct] * count)
        storage.extend([one.storage_w] * count)
        grad.extend([one.grad] * count)
    for mode, line in limits_w.items():
        if mode != IMPORT:
            for t in range(seconds):
                if not live[t]:
                    line[t] = 0.0
    return Word(limits_w, live, fixed, storage, grad, legs)


def _line(legs: list[Leg], seconds: int) -> "array[float]":
    """Give the limit of each second."""
    line: array[float] = array("f")
    for leg, end in zip(legs, [each.start for each in legs[1:]] + [seconds], strict=True):
        target = math.inf if leg.target_w is None else float(leg.target_w)
        ramp = min(end, math.ceil(leg.start + leg.seconds))
        line.extend([float(leg.at(t) or 0) for t in range(leg.start, ramp)])
        line.extend([target] * (end - max(leg.start, ramp)))
    return line


# --- the server's answers -----------------------------------------------------------------------


class _Telling:
    """Gives the model each answer of `play` when its second has come."""

    def __init__(self, play: Play, model: Model) -> None:
        self._start_s = play.start_s
        self._model = model
        self._programs: dict[str, _Program] = {}
        self._answers = [one for one in play.messages if one.method == "GET" and one.status == OK and one.answer]
        self._restarts = [math.ceil(deed.t_s) for deed in play.deeds if deed.text == POWER_ON]

    def next_s(self) -> float:
        """The second at which there is something to tell, `inf` if never again."""
        said = math.ceil(self._answers[0].t_s) if self._answers else math.inf
        return min([said, *self._restarts])

    def tell(self, t: int) -> None:
        """Tell all that was said until second `t`. A gateway that comes back has forgotten its events."""
        while self._restarts and self._restarts[0] <= t:
            self._restarts.pop(0)
            self._model.lose(t)
        while self._answers and math.ceil(self._answers[0].t_s) <= t:
            self._take(t, self._answers.pop(0))

    def _take(self, t: int, message: Message) -> None:
        root = ET.fromstring(message.answer)
        kind = name_of(root)
        if kind == "FunctionSetAssignmentsList":
            links = [href(each, "DERProgramListLink") for each in all_of(root, "FunctionSetAssignments")]
            if is_whole(root):
                gone = [p for p in self._programs.values() if not any(link.endswith(p.listed_at) for link in links)]
                self._forget(t, gone)
        elif kind == "DERProgramList":
            self._take_programs(t, message.path, root)
        elif kind == "DERControlList":
            for program in self._of(message.path, "controls_path"):
                program.controls = [_control(each, self._start_s) for each in all_of(root, "DERControl")]
                self._tell_of(t, program)
        elif kind == "DefaultDERControl":
            for program in self._of(message.path, "default_path"):
                program.default = Default(_sets(root), integer(root, "setGradW"))
                self._tell_of(t, program)

    def _take_programs(self, t: int, path: str, root: ET.Element) -> None:
        found = [_program(each, path) for each in all_of(root, "DERProgram")]
        if is_whole(root):
            kept = {one.mrid for one in found}
            gone = [one for one in self._programs.values() if one.listed_at.endswith(path) and one.mrid not in kept]
            self._forget(t, gone)
        for program in found:
            known = self._programs.get(program.mrid)
            if known is not None:
                program.default, program.controls = known.default, known.controls
            self._programs[program.mrid] = program
            self._tell_of(t, program)

    def _of(self, path: str, link: str) -> list[_Program]:
        return [one for one in self._programs.values() if getattr(one, link) and getattr(one, link).endswith(path)]

    def _tell_of(self, t: int, program: _Program) -> None:
        self._model.hear(t, program.mrid, program.primacy, program.default, program.controls)

    def _forget(self, t: int, programs: list[_Program]) -> None:
        for program in programs:
            self._model.forget(t, program.mrid)
            del self._programs[program.mrid]


def _program(element: ET.Element, path: str) -> _Program:
    return _Program(
        text(element, "mRID") or "",
        integer(element, "primacy") or 0,
        path,
        href(element, "DefaultDERControlLink"),
        href(element, "DERControlListLink"),
    )


def _control(element: ET.Element, start_s: int) -> Control:
    base = next(iter(all_of(element, "DERControlBase")), element)
    return Control(
        text(element, "mRID") or "",
        (integer(element, "start") or 0) - start_s,
        integer(element, "duration") or 0,
        _sets(element),
        integer(element, "creationTime") or 0,
        integer(element, "currentStatus") or 0,
        integer(element, "version") or 0,
        integer(element, "randomizeStart") or 0,
        integer(element, "randomizeDuration") or 0,
        integer(base, "rampTms"),
    )


def _sets(element: ET.Element) -> dict[str, Value]:
    """The modes that a control or a default sets."""
    found: dict[str, Value] = {}
    for base in all_of(element, "DERControlBase"):
        for each in base:
            if name_of(each) in MODES:
                found[name_of(each)] = _value(each)
    return found


def _value(element: ET.Element) -> int:
    """A switch, an ActivePower in watts, or a percentage in hundredths."""
    watts = integer(element, "value")
    if watts is not None:
        return int(watts * Fraction(10) ** (integer(element, "multiplier") or 0))
    said = (element.text or "").strip()
    return int(said == "true") if said in ("true", "false") else int(said)


def late_s(play: Play) -> dict[str, int]:
    """Give how many seconds after its specified start the client says that each control started, by mRID."""
    starts: dict[str, float] = {}
    for message in play.messages:
        if message.method == "POST" and b"DERControlResponse" in message.body and message.granted:
            response = ET.fromstring(message.body)
            if integer(response, "status") == EVENT_STARTED:
                at = integer(response, "createdDateTime")
                said = message.t_s if at is None else at - play.start_s
                starts.setdefault((text(response, "subject") or "").upper(), said)
    specified = {one.mrid.upper(): one.start for one, _ in controls(play)}
    return {mrid: round(at - specified[mrid]) for mrid, at in starts.items() if mrid in specified}


def controls(play: Play) -> list[tuple[Control, float]]:
    """Give every control that the client was told of, as it was first, and when that was."""
    found: dict[str, tuple[Control, float]] = {}
    for message in play.messages:
        if message.status == OK and b"DERControlList" in message.answer:
            for element in all_of(ET.fromstring(message.answer), "DERControl"):
                control = _control(element, play.start_s)
                found.setdefault(control.mrid, (control, message.t_s))
    return list(found.values())


def _draws(play: Play) -> Draw:
    """What the random parts of starts must have been."""
    late = late_s(play)

    def draw(mrid: str, kind: str, bound: int) -> int:
        return min(max(late.get(mrid.upper(), 0), min(0, bound)), max(0, bound)) if kind == "start" else 0

    return draw
