"""The DER as the server sees it: DERStatus, DERSettings and DERCapability, from what was read of the devices.

Each PUT replaces the whole resource. They go out whenever the DERList is polled, status first, and at once when
something in them changed; before the devices have been read nothing is told.
Source: IEEE 2030.5-2018 10.10.4.2; 002 10.3; requirements R1, R2.
"""

from sluice.sep2.writers import der_capability, der_settings, der_status
from sluice_wire.sep2 import (
    CONNECT_AVAILABLE,
    CONNECT_CONNECTED,
    CONNECT_OPERATING,
    DER_PV,
    DER_PV_STORAGE,
    DER_STORAGE,
    EXP_LIM,
    GEN_LIM,
    IMP_LIM,
    LOAD_LIM,
    MODE_CHARGE,
    MODE_CONNECT,
    MODE_DISCHARGE,
    MODE_ENERGIZE,
    MODE_FIXED,
    MODE_MAX_LIM,
    MODE_TARGET,
    OPERATIONAL_OFF,
    OPERATIONAL_ON,
)

_LIMITED = MODE_CONNECT | MODE_ENERGIZE | MODE_MAX_LIM
_STORED = _LIMITED | MODE_CHARGE | MODE_DISCHARGE | MODE_FIXED | MODE_TARGET
_GENERATION = 1 << EXP_LIM | 1 << GEN_LIM
_BOTH_WAYS = _GENERATION | 1 << IMP_LIM | 1 << LOAD_LIM

# (PV, storage) that the gateway controls -> modesSupported, doeModesSupported, DERType (E11). PV can only be limited:
# it follows no set-point, and nothing that it does lowers import or load. Storage generates and consumes.
CAPABILITIES = {
    (True, False): (_LIMITED, _GENERATION, DER_PV),
    (False, True): (_STORED, _BOTH_WAYS, DER_STORAGE),
    (True, True): (_STORED, _BOTH_WAYS, DER_PV_STORAGE),
}


class DerResources:
    """What is told of the DER behind this gateway."""

    def __init__(self, inverter, programs):
        self._inverter = inverter
        self._programs = programs
        self._modes, self._doe_modes, self._type = CAPABILITIES[True, False]  # an inverter, limited by its model 123
        self._told = None

    def _state(self):
        """Return what a change of is told at once: connect bits, operational mode, setGradW."""
        if not self._inverter.connected:
            return (0, OPERATIONAL_OFF, self._programs.grad())
        bits = CONNECT_CONNECTED | CONNECT_AVAILABLE
        if self._inverter.operating:
            bits |= CONNECT_OPERATING
        return (bits, OPERATIONAL_ON if self._inverter.operating else OPERATIONAL_OFF, self._programs.grad())

    def changed(self):
        """Tell whether the server was told something else last, or nothing though the devices are known."""
        return self._inverter.w_max > 0 and self._told != self._state()

    async def put(self, session, hrefs, now):
        """PUT status, settings and capability to the first three `hrefs`; a link that is None is left out."""
        inverter = self._inverter
        if not inverter.w_max:
            return
        state = self._state()
        status_href, settings_href, capability_href = hrefs[:3]
        if status_href:
            await session.send("PUT", status_href, der_status, state[0], state[1], inverter.st, now)
        if settings_href:
            await session.send(
                "PUT",
                settings_href,
                der_settings,
                self._modes,
                self._doe_modes,
                state[2],
                inverter.w_max,
                inverter.va_max,
                inverter.var_max,
                now,
            )
        if capability_href:
            await session.send(
                "PUT",
                capability_href,
                der_capability,
                self._modes,
                self._doe_modes,
                inverter.w_rtg,
                inverter.va_rtg,
                inverter.var_rtg,
                self._type,
            )
        self._told = state
