"""A procedure that is made up for a test, and a client that plays it request by request; time is virtual."""

import json
from collections.abc import Mapping
from typing import Any

from national_bodies import CAPABILITY, DEVICE, NAMESPACES, SETTINGS
from national_world import LFDI, MEDIA_TYPES, NOW, PEN

from sluice_tools.conformance.engine import procedures
from sluice_tools.conformance.engine.harness import Harness
from sluice_tools.conformance.national.server import MOUNT
from sluice_tools.conformance.record import PASS
from sluice_tools.utility.message import Request, Response
from sluice_wire.identity import sfdi

Words = Mapping[str, Any]


def step(event: str, parameters: Words, *actions: Words, checks: tuple[Words, ...] = ()) -> Words:
    """A step: its event, and what follows from it."""
    return {"event": {"type": event, "parameters": parameters, "checks": list(checks)}, "actions": list(actions)}


def on(request: str, *actions: Words, checks: tuple[Words, ...] = (), served: bool = False) -> Words:
    """A step that waits for a request such as "GET /dcap"; `served`: to be served first."""
    method, _, endpoint = request.partition(" ")
    parameters = {"endpoint": endpoint, **({"serve_request_first": True} if served else {})}
    return step(f"{method}-request-received", parameters, *actions, checks=checks)


def word(type_: str, **parameters: Any) -> Words:
    """An action or a check."""
    return {"type": type_, "parameters": parameters}


def enable(*steps: str) -> Words:
    """The action that lets steps listen."""
    return word("enable-steps", steps=list(steps))


def remove(*steps: str) -> Words:
    """The action that is done with steps."""
    return word("remove-steps", steps=list(steps))


FINISH = word("finish-test")


class Client:
    """A client of the harness of a procedure with these `steps`, which begins at once unless it has `preconditions`."""

    def __init__(
        self,
        steps: Mapping[str, Words],
        *criteria: Words,
        version: str = "1.2",
        init: tuple[Words, ...] = (),
        preconditions: tuple[Words, ...] = (),
    ) -> None:
        text = {
            "Description": "made up",
            "Category": "Control",
            "Classes": ["A"],
            "TargetVersions": ["v1.2", "v1.3"],
            "Criteria": {"checks": list(criteria)},
            "Preconditions": {
                "init_actions": list(init),
                "immediate_start": not preconditions,
                "checks": list(preconditions),
            },
            "Steps": dict(steps),
        }
        self.harness = Harness(procedures.read("X-01", json.dumps(text)), version, LFDI, PEN)
        self.now = NOW
        self.version = version
        self.headers = {"accept": MEDIA_TYPES[version], "content-type": MEDIA_TYPES[version]}
        self.harness.initialise(NOW)

    def ask(self, method: str, target: str, body: str = "") -> Response:
        """Ask for a path below the mount."""
        path, _, query = target.partition("?")
        request = Request(method, MOUNT + path, query, self.headers, body.encode(), LFDI)
        return self.harness.handle(request, self.now)

    def get(self, *targets: str) -> list[int]:
        """Ask for some in turn; give the statuses."""
        return [self.ask("GET", target).status for target in targets]

    def register(self) -> None:
        """Register the EndDevice."""
        assert self.ask("POST", "/edev", DEVICE % (LFDI, sfdi(LFDI))).status == 201

    def tell(self, more: str = "") -> None:
        """Tell the DERSettings, with a setMaxW of 3000.1 W, and the DERCapability; `more` ends the first."""
        namespace = NAMESPACES[self.version]
        assert self.ask("PUT", "/edev/1/der/1/derg", SETTINGS % (namespace, more)).status == 201
        assert self.ask("PUT", "/edev/1/der/1/dercap", CAPABILITY % namespace).status == 201

    def wait(self, seconds: float) -> None:
        """Let time pass, and nothing look at it."""
        self.now += seconds

    def tick(self, seconds: float) -> None:
        """Let time pass, and then the harness look."""
        self.now += seconds
        self.harness.tick(self.now)

    @property
    def left(self) -> list[str]:
        """The steps that are not done with."""
        return self.harness.course.left

    def judged(self) -> dict[str, str]:
        """Give the details of the criteria that are not met at the end."""
        self.harness.finish(self.now)
        return {each.check.split(" (")[0]: each.detail for each in self.harness.verdicts if each.result != PASS}
