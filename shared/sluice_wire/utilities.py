"""The utility profiles: in what the networks differ, as data. Table U of the requirements.

Source: Energy Queensland 002 11.3, 12; CPPALUE PR-0014 (001); SA Power Networks (000); what a handbook leaves open is
as CSIP-AUS has it.
"""


class Profile:
    """How one utility wants what the standard leaves open."""

    def __init__(self, resume, ramp_active):
        self.resume = resume  # an overlapped event runs on when its better has ended; else CSIP's way: it is dropped
        self.ramp_active = ramp_active  # a change from one event to the next is ramped, as to and from the default


PROFILES = {
    "default": Profile(True, True),
    "energy-queensland": Profile(True, True),
    "cppalue": Profile(True, True),
    "sa-power-networks": Profile(True, False),
}
