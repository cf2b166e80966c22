"""The utility profiles: in what the networks differ, as data. Table U of the requirements.

Source: Energy Queensland 002 6, 10.8, 11.3, 12; CPPALUE PR-0014 (001) 5.1, 10.1, 11; SA Power Networks (000); what a
handbook leaves open is as CSIP-AUS has it.
"""

from micropython import const

from sluice_wire.sep2 import FLOW_FORWARD, FLOW_REVERSE

# What is told of the NMI where the server has a ConnectionPoint for it
NMI_NEVER = const(0)
NMI_AS_ENTERED = const(1)
NMI_WITH_CHECKSUM = const(2)  # 11 characters


class Profile:
    """How one utility wants what the standard leaves open."""

    def __init__(
        self,
        ramp_active=True,
        prefix="csipaus",
        in_band=True,
        nmi=NMI_AS_ENTERED,
        by_phase=False,
        site_flow=FLOW_FORWARD,
        in_lists=True,
        types_once=True,
        resume=True,
        demand_response=True,
    ):
        self.resume = resume  # an overlapped event runs on when its better has ended; else CSIP's way: it is dropped
        self.demand_response = demand_response  # operationalModeStatus tells the demand response mode, 100 to 108
        self.ramp_active = ramp_active  # a change from one event to the next is ramped, as to and from the default
        self.prefix = prefix  # of CSIP-AUS elements that are written
        self.in_band = in_band  # a device that is not listed POSTs its EndDevice; else its LFDI is sent out of band
        self.nmi = nmi
        self.by_phase = by_phase  # readings of each phase, beside those of all together
        self.site_flow = site_flow  # flowDirection of the site's readings; the DER's is 19
        self.in_lists = in_lists  # readings of a usage point are posted in one list; else one by one
        self.types_once = types_once  # ReadingTypes are given with the usage point only: two fifths of the data


PROFILES = {
    "default": Profile(),
    "energy-queensland": Profile(
        in_band=False,
        nmi=NMI_NEVER,
        by_phase=True,
        site_flow=FLOW_REVERSE,
        in_lists=False,
        types_once=False,
        demand_response=False,  # 002 10.3.1: off, operational or test
    ),
    "cppalue": Profile(prefix="ns2", in_band=False, nmi=NMI_WITH_CHECKSUM),
    "sa-power-networks": Profile(ramp_active=False),
}
