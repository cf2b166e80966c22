"""The DERControlList that is read in the benchmarks, as a utility's server prints it (handbook 002, annex D).

Every event sets the four limits in watts; 58 are what a day ahead takes: an hour of five minutes, then half-hours.
"""

import hashlib

MODES = ("Imp", "Exp", "Gen", "Load")
HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<DERControlList xmlns="urn:ieee:std:2030.5:ns" xmlns:ns2="https://csipaus.org/ns" \
all="{events}" results="{events}" subscribable="1">
"""
EVENT = """\
  <DERControl subscribable="0" replyTo="/api/v2/rsps/res-ms/rsp" responseRequired="03" \
href="/api/v2/derp/A/derc/{mrid}">
    <mRID>{mrid}</mRID>
    <version>0</version>
    <creationTime>{created}</creationTime>
    <EventStatus>
      <currentStatus>0</currentStatus>
      <dateTime>{created}</dateTime>
      <potentiallySuperseded>false</potentiallySuperseded>
      <potentiallySupersededTime>{created}</potentiallySupersededTime>
      <reason/>
    </EventStatus>
    <interval>
      <duration>300</duration>
      <start>{start}</start>
    </interval>
    <DERControlBase>
{limits}\
    </DERControlBase>
  </DERControl>
"""
LIMIT = """\
      <ns2:opMod{mode}LimW>
        <multiplier>{multiplier}</multiplier>
        <value>{value}</value>
      </ns2:opMod{mode}LimW>
"""
TAIL = "</DERControlList>\n"

CREATED_S = 1682511010  # Unix seconds, as start
START_S = 1682475300


def derc_list(events: int) -> bytes:
    """Give a list of so many events, each different."""
    return (HEAD.format(events=events) + "".join(map(_event, range(events))) + TAIL).encode()


def _event(k: int) -> str:
    mrid = hashlib.sha256(b"%d" % k).hexdigest()[:32].upper()
    limits = (
        LIMIT.format(mode=mode, multiplier=at % 3, value=37 * k % 900 + 1000 * at) for at, mode in enumerate(MODES)
    )
    return EVENT.format(mrid=mrid, created=CREATED_S + k, start=START_S + 300 * k, limits="".join(limits))
