"""Our own criteria: what a person would judge from the report of a procedure is judged by the house instead.

41 of the national procedures check requests only. Each procedure that we claim has its criteria here, by name; none of
them passes where there was nothing to be seen. They are told apart from the national ones, and both must hold.
Source: the instructions in cactus-test-definitions 1.18.2; requirements C, E, M, R, S.
"""

from collections.abc import Callable

from sluice_tools.conformance.ours import flowing, talking
from sluice_tools.conformance.ours.case import Case
from sluice_tools.conformance.record import FAIL, PASS, Judgement, Play, Verdict

CRITERIA: dict[str, Callable[[Case], Judgement]] = {
    "site held": flowing.site_held,
    "output follows": flowing.follows,
    "ramp": flowing.ramp,
    "output returns": flowing.returns,
    "cease": flowing.ceases,
    "schedule through the outage": flowing.through_the_outage,
    "default through the restart": flowing.through_the_restart,
    "storage target": flowing.storage_target,
    "demand response": flowing.demand_response,
    "silence": talking.silence,
    "keeps talking": talking.keeps_talking,
    "spacing": talking.spacing,
    "backs off": talking.backs_off,
    "randomised": talking.randomised,
    "status told": talking.status_told,
    "ratings true": talking.ratings_true,
    "links followed": talking.links_followed,
    "telemetry true": talking.telemetry_true,
}

HELD = ("site held", "output follows")
RAMP = ("site held", "ramp")

OF_PROCEDURE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ALL-01", "ALL-02", "ALL-03", "ALL-05", "SDVN-01"), ("links followed",)),
    "ALL-03-REJ": ("silence",),
    "ALL-04": ("keeps talking", "links followed"),
    "ALL-06": ("output returns", "telemetry true"),
    "ALL-07": ("status told",),
    "ALL-08": ("status told",),
    "ALL-09": ("ratings true",),
    "ALL-10": ("site held", "telemetry true"),
    "ALL-11": ("site held", "ramp", "cease"),
    "ALL-12": ("site held", "cease"),
    "ALL-13": RAMP,
    "ALL-18": RAMP,
    "ALL-19": ("site held", "spacing"),
    "ALL-20": ("site held", "spacing"),
    "ALL-21": RAMP,
    "ALL-22": ("randomised",),
    "ALL-23": ("site held", "schedule through the outage"),
    "ALL-24": HELD,
    "ALL-25": RAMP,
    "ALL-25-EXT": (*HELD, "output returns", "telemetry true"),
    "ALL-26": ("cease", "output returns"),
    "ALL-27": ("cease", "output returns"),
    "ALL-28": RAMP,
    "ALL-29": (*HELD, "telemetry true"),
    "ALL-30": ("site held", "default through the restart"),
    "DRA-01": ("ratings true",),
    "DRA-02": ("cease",),
    **dict.fromkeys(("DRD-01", "DRG-01", "DRL-01"), ("demand response",)),
    **dict.fromkeys(("GEN-01", "LOA-01"), (*HELD, "output returns", "telemetry true")),
    **dict.fromkeys(("GEN-02", "LOA-02"), (*HELD, "output returns")),
    **dict.fromkeys(("GEN-03", "GEN-04", "LOA-03", "LOA-04"), (*RAMP, "output returns")),
    **dict.fromkeys(("GEN-09", "LOA-09"), HELD),
    **dict.fromkeys(("GEN-10", "LOA-10"), (*RAMP, "cease", "output returns")),
    **dict.fromkeys(("GEN-11", "GEN-12", "LOA-11", "LOA-12"), (*HELD, "output returns")),
    **dict.fromkeys(("GEN-13", "LOA-13"), HELD),
    "MUL-01": ("status told",),
    "MUL-02": ("site held", "telemetry true"),
    "MUL-03": ("ratings true",),
    "P-02": ("output returns",),
    "P-03": RAMP,
    "P-04": RAMP,
    "P-05": ("site held", "backs off"),
    "P-06": ("site held", "backs off"),
    **dict.fromkeys(("STO-02", "STO-05"), ("ratings true",)),
    "STO-03": ("storage target",),
    "STO-06": ("site held", "storage target"),
}


def judge(play: Play) -> list[Verdict]:
    """Judge a play by our criteria of its procedure; `play.flows.limits_w` is filled on the way."""
    case = Case(play)
    play.flows.limits_w = case.word.limits_w
    verdicts = []
    for name in OF_PROCEDURE.get(play.procedure, ()):
        ok, detail = CRITERIA[name](case)
        verdicts.append(Verdict(name, PASS if ok else FAIL, detail, ours=True))
    return verdicts
