"""The engine that plays a procedure: steps listen to requests, to time and to the operator, and act on the server.

It stands between the client and National, as the national harness does, and keeps that one's habits: a request fires
one step at most, before it is served unless the step says otherwise; a step whose checks do not hold lets the request
pass for good; waits end at a tick of ten seconds; what the client did before a step listened does not count.
Source: README of cactus-test-definitions 1.18.2; the behaviour of cactus-runner.
"""

import random
from collections.abc import Mapping
from typing import Any

from sluice_tools.conformance.engine.actions import ACTIONS, NotMade
from sluice_tools.conformance.engine.asked import Asked, matches
from sluice_tools.conformance.engine.checks import run
from sluice_tools.conformance.engine.course import Course
from sluice_tools.conformance.engine.expressions import Expression, Unresolvable, Value
from sluice_tools.conformance.engine.procedures import Action, Check, Procedure, Step
from sluice_tools.conformance.national.server import MOUNT, National
from sluice_tools.conformance.record import FAIL, PASS, Judgement, Message, StepRecord, Verdict, is_first_page
from sluice_tools.schema import validate
from sluice_tools.utility.dialect import DIALECTS, WELL_KNOWN
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Refusal, Request, Response

TICK_S = 10
LIMITS = {"wait": "duration_seconds", "proceed": "timeout_seconds"}  # of the events that time brings about
AEST_S = 10 * 3600
PROVED = "all-requests-xsd-valid"  # the two criteria that every run has
UNFAILED = "fail-message"
STARTS_S = {"now_day": 86400, "now_hour": 3600}  # the variables that are the start of a day or an hour, in AEST
WITHIN = {"maxExportW": "setMaxDischargeRateW", "maxImportW": "setMaxChargeRateW"}


class Harness:
    """Plays `procedure` against the client of certificate `lfdi`; `seed` draws the random addresses.

    `handle` is the server that the client speaks to. Between `initialise` and `start` the client may prepare itself.
    After the end `verdicts` has every criterion, `course` what happened.
    """

    def __init__(self, procedure: Procedure, version: str, lfdi: str, pen: int, seed: int = 1) -> None:
        self.procedure = procedure
        self.version = version
        records = {name: StepRecord(name, instructions=step.instructions) for name, step in procedure.steps.items()}
        self.course = Course(National(version=version, pen=pen), lfdi, pen, records, list(procedure.steps))
        self.verdicts: list[Verdict] = []
        rng = random.Random(f"{procedure.id} {seed}")
        self._random = {f"randuri_{i}": f"/{rng.getrandbits(48):012x}" for i in (1, 2, 3)}

    @property
    def ledger(self) -> Ledger:
        """What the server noted."""
        return self.course.server.ledger

    @property
    def steps(self) -> Mapping[str, StepRecord]:
        """What became of each step."""
        return self.course.steps

    def t(self, now: float) -> float:
        """Give the seconds since `initialise`."""
        return self.course.t(now)

    # --- the course -----------------------------------------------------------------------------

    def initialise(self, now: float) -> None:
        """Make the server ready for the client."""
        self.course.began_s = now
        self._apply(self.procedure.init_actions, now)
        if self.procedure.immediate_start:
            self._begin(now)

    def start(self, now: float) -> list[str]:
        """Begin, if the preconditions hold; give the reasons if not."""
        missing = [why for check in self.procedure.checks for ok, why in [self.ask(check, now)] if not ok]
        if not missing:
            self._begin(now)
        return missing

    def _begin(self, now: float) -> None:
        self.course.started_s = now
        self._apply(self.procedure.actions, now)
        self.course.enable([self.course.left[0]], now)

    def tick(self, now: float) -> None:
        """Let time fire what waits for it; to be called every TICK_S."""
        if self.course.started_s is None or self.finished:
            return
        for name in list(self.course.listening):
            step = self.procedure.steps[name]
            since = self.course.listening.get(name)
            limit = step.event.parameters.get(LIMITS.get(step.event.type, ""))
            if limit is not None and since is not None and now - since >= limit and self._gates_open(step, now):
                self._fire(step, now)

    def proceed(self, now: float) -> bool:
        """The operator presses the button; tell whether a step waited for that."""
        for name in list(self.course.listening):
            step = self.procedure.steps[name]
            if step.event.type == "proceed" and self._gates_open(step, now):
                self._fire(step, now)
                return True
        return False

    @property
    def finished(self) -> bool:
        """Whether the criteria have been judged."""
        return bool(self.verdicts)

    @property
    def complete(self) -> bool:
        """Whether no step is left that has to be done with."""
        return self.course.started_s is not None and not set(self.course.left) - self.procedure.ignored_steps

    def met(self, now: float) -> bool:
        """Tell whether every criterion is met as things stand."""
        return all(verdict.result == PASS for verdict in self._judge(now))

    def finish(self, now: float, why: str = "") -> None:
        """Judge the criteria and end, once; `why`: what has made the test fail."""
        if not self.finished:
            self.course.ending = why
            self.verdicts = self._judge(now)
            self.course.tell(now, "harness", f"the test is finished{': ' + why if why else ''}")

    def _judge(self, now: float) -> list[Verdict]:
        asked = [(check.title, *self.ask(check, now)) for check in self.procedure.criteria]
        faults = [
            f"{message.method} {message.target}: {fault}"
            for message in self.course.messages
            for fault in message.faults
        ]
        asked.append((PROVED, not faults, _some(faults) or f"{len(self.course.messages)} requests"))
        asked.append((UNFAILED, not self.course.ending, (self.course.ending or "").strip()))
        return [Verdict(check, PASS if ok else FAIL, why) for check, ok, why in asked]

    # --- requests -------------------------------------------------------------------------------

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request of the client; it may fire a step."""
        if self.finished:
            return Refusal(410, f"{self.procedure.id} is finished").response()
        if request.path == WELL_KNOWN:
            return self.course.server.handle(request, now)
        if not request.path.startswith(MOUNT + "/"):
            return Refusal(404, f"nothing at {request.path}: everything lies below {MOUNT}").response()
        try:
            DIALECTS[self.version].check(request)
        except Refusal as refusal:
            self.ledger.refuse(self.t(now), f"{request.method} {request.path}", refusal.status, refusal.reason)
            return refusal.response()
        request = request._replace(path=request.path.removeprefix(MOUNT))
        fired = self._hear(request, now, after=False)
        response = self._serve(request, now)
        fired = fired or self._hear(request, now, after=True)
        faults = tuple(validate(request.body, self.version)) if request.body else ()
        kept = request.body, response.body if response.status == 200 else b""
        self.course.messages.append(
            Message(self.t(now), request.method, request.target, response.status, fired, faults, *kept)
        )
        return response

    def _serve(self, request: Request, now: float) -> Response:
        """Give the server's answer, or what was forced upon it."""
        if not self.course.communicating:
            return Refusal(500, "the server is out").response()
        for endpoint, (status, retry_s, until) in self.course.forced.items():
            if now < until and matches(request.path, endpoint):
                headers = (("Retry-After", str(retry_s)),) if retry_s is not None else ()
                return Refusal(status, "not now", headers).response()
        path = self.course.routes.get(request.path, request.path)
        return self.course.server.handle(request._replace(path=path), now)

    def _hear(self, request: Request, now: float, after: bool) -> str:
        """Let the request fire the first step that listens to it; give its name, "" if none does."""
        if self.course.started_s is None or self.finished or not is_first_page(request.query):
            return ""
        for name in list(self.course.listening):
            step = self.procedure.steps[name]
            parameters = step.event.parameters
            if (
                step.event.type == f"{request.method}-request-received"
                and bool(parameters.get("serve_request_first")) is after
                and matches(request.path, str(self.resolved(parameters, now)["endpoint"]))
                and self._gates_open(step, now)
            ):
                self._fire(step, now)
                return name
        return ""

    def _gates_open(self, step: Step, now: float) -> bool:
        return all(self.ask(check, now)[0] for check in step.event.checks)

    # --- what steps do --------------------------------------------------------------------------

    def _fire(self, step: Step, now: float) -> None:
        self.course.tell(now, "harness", f"{step.name} fires")
        self._apply(step.actions, now)

    def _apply(self, actions: tuple[Action, ...], now: float) -> None:
        for action in actions:
            try:
                ACTIONS[action.type](self.course, now, **self.resolved(action.parameters, now))
            except NotMade as error:
                self.course.tell(now, "harness", f"{action.type} is passed over: {error}")
            if self.course.ending is not None:
                self.finish(now, self.course.ending)

    # --- questions ------------------------------------------------------------------------------

    def ask(self, check: Check, now: float) -> Judgement:
        """Tell whether a check holds, and why (not)."""
        try:
            return run(check.type, Asked(self.course, now, self.resolved(check.parameters, now), check.parameters))
        except Unresolvable as error:
            return False, str(error)

    def resolved(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Give the parameters with a value for each expression; Unresolvable if there is none."""

        def value(given: Any) -> Any:
            if isinstance(given, list):
                return [value(item) for item in given]
            return given.value(lambda name: self._variable(name, now)) if isinstance(given, Expression) else given

        return {key: value(given) for key, given in parameters.items()}

    def _variable(self, name: str, now: float) -> Value:
        if name == "now":
            return now
        if name in STARTS_S:
            return now - (now + AEST_S) % STARTS_S[name]
        if name in self._random:
            return self._random[name]
        device = self.course.server.device
        told = (device.der.get("derg", {}) | device.der.get("dercap", {})) if device else {}
        if name in WITHIN:
            name = WITHIN[name] if WITHIN[name] in told else "setMaxW"
        if name not in told:
            raise Unresolvable(f"the client has not told {name}")
        return told[name]


def _some(faults: list[str], count: int = 3) -> str:
    more = f" and {len(faults) - count} more" if len(faults) > count else ""
    return "; ".join(faults[:count]) + more
