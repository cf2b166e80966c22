"""Plays that are made up: what the server said as documents of its own, and what flowed as we want it."""

from array import array
from collections.abc import Iterable, Sequence

from sluice_tools.conformance.ours.case import Case
from sluice_tools.conformance.record import Deed, Message, Play

START_S = 1_770_000_000 - 1_770_000_000 % 60
LOAD_W = 300.0

ROOT = 'xmlns="urn:ieee:std:2030.5:ns" xmlns:csipaus="https://csipaus.org/ns"'
PROGRAMS = (
    f'<DERProgramList {ROOT} href="/envoy/edev/1/fsa/1/derp" all="1" results="1" pollRate="60">'
    '<DERProgram href="/envoy/edev/1/derp/1"><mRID>01</mRID>'
    '<DefaultDERControlLink href="/envoy/edev/1/derp/1/dderc"/>'
    '<DERControlListLink href="/envoy/edev/1/derp/1/derc" all="1"/><primacy>0</primacy></DERProgram></DERProgramList>'
)


def get(t: float, target: str, answer: str = "", status: int = 200) -> Message:
    return Message(t, "GET", target, status, "", (), b"", answer.encode())


def sent(t: float, method: str, target: str, body: str, status: int = 201) -> Message:
    return Message(t, method, target, status, "", (), body.encode(), b"")


def programs(t: float = 0) -> Message:
    return get(t, "/edev/1/fsa/1/derp?s=0&l=24", PROGRAMS)


def base(**modes: float | bool | str) -> str:
    """A DERControlBase; `rampTms` in hundredths, switches as bool, the rest in watts (FixedW: hundredths)."""
    parts = []
    for mode, value in modes.items():
        if mode == "rampTms":
            parts.append(f"<rampTms>{value}</rampTms>")
        elif isinstance(value, bool):
            parts.append(f"<{mode}>{str(value).lower()}</{mode}>")
        elif mode == "opModFixedW":
            parts.append(f"<{mode}>{value}</{mode}>")
        else:
            parts.append(f"<csipaus:{mode}><multiplier>1</multiplier><value>{value // 10}</value></csipaus:{mode}>")
    return f"<DERControlBase>{''.join(parts)}</DERControlBase>"


def control(mrid: str, start: int, duration: int, *, status: int = 0, randomize: int = 0, **modes: float | bool) -> str:
    """A DERControl whose `start` is a second of the play."""
    return (
        f"<DERControl><mRID>{mrid}</mRID><creationTime>{START_S}</creationTime>"
        f"<EventStatus><currentStatus>{status}</currentStatus></EventStatus>"
        f"<interval><duration>{duration}</duration><start>{START_S + start}</start></interval>"
        f"{base(**modes)}<randomizeStart>{randomize}</randomizeStart></DERControl>"
    )


def controls(t: float, *items: str) -> Message:
    text = f'<DERControlList {ROOT} all="{len(items)}" results="{len(items)}">{"".join(items)}</DERControlList>'
    return get(t, "/edev/1/derp/1/derc?s=0&l=24", text)


def default(t: float, grad: int = 27, **modes: float | bool) -> Message:
    text = f"<DefaultDERControl {ROOT}>{base(**modes)}<setGradW>{grad}</setGradW></DefaultDERControl>"
    return get(t, "/edev/1/derp/1/dderc", text)


def response(t: float, mrid: str, status: int, at: float) -> Message:
    text = (
        f"<DERControlResponse {ROOT}><createdDateTime>{START_S + round(at)}</createdDateTime>"
        f"<status>{status}</status><subject>{mrid}</subject></DERControlResponse>"
    )
    return sent(t, "POST", "/edev/1/rsps/site_control/rsp", text)


def play(
    procedure: str,
    der_w: Sequence[float],
    messages: Iterable[Message] = (),
    deeds: Iterable[tuple[float, str]] = (),
    *,
    load_w: float = LOAD_W,
    least_w: float = 0,
    most_w: float = 9000,
    started_s: float = 0,
    version: str = "v1.2",
) -> Play:
    """A play in which the DERs gave `der_w`, a value for each second."""
    made = Play(procedure, version, "pass", start_s=START_S, started_s=started_s)
    made.messages = list(messages)
    made.deeds = [Deed(t, "operator", text) for t, text in deeds]
    made.flows.der_w = array("f", der_w)
    made.flows.site_w = array("f", (load_w - w for w in der_w))
    made.flows.least_w = array("f", [least_w] * len(der_w))
    made.flows.most_w = array("f", [most_w] * len(der_w))
    return made


def due(procedure: str, seconds: int, messages: Iterable[Message] = (), **how: object) -> list[float]:
    """What had to flow in such a play."""
    return list(Case(play(procedure, [0.0] * seconds, messages, **how)).due_w)  # type: ignore[arg-type]
