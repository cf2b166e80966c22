"""The documents that tell of the DER: status, settings, capability, and the alarms as LogEvents.

They are written seldom, so this is loaded for that and given back. What a device does not give is left out.
Source: IEEE 2030.5-2018 annex B (sep.xsd), CSIP-AUS; requirements P1, P3, R1 to R3.
"""

from sluice_wire.sep2 import (
    ALARM_STATUS,
    FUNCTION_SET_DER,
    GEN_CONNECT,
    INVERTER_STATE,
    MAX_VAR_NEG,
    MIN_PF_OVER,
    NS_CSIPAUS_13,
    OPERATIONAL_MODE,
    PEN_SEP2,
    PROFILE_SEP2,
    PROFILE_VENDOR,
    QUANTITIES,
    RATINGS,
    STOR_CONNECT,
    STORAGE_MODE,
)


def der_capability(writer, modes_supported, doe_modes, vpp_modes, rtg_max, der_type):
    """Write the ratings of all controllable DER together: `rtg_max` by quantity, 0 = not known."""
    writer.begin_extended("DERCapability")
    writer.leaf("modesSupported", "%08X" % modes_supported)
    _quantities(writer, "rtg", rtg_max)
    writer.leaf("type", der_type)
    _extensions(writer, "Supported", doe_modes, vpp_modes)
    writer.close("DERCapability")


def der_settings(writer, modes_enabled, doe_modes, vpp_modes, set_max, set_grad_w, updated_time, min_wh):
    """Write the settings of all controllable DER together: `set_max` by quantity, 0 = not known; `min_wh`: what the
    batteries keep in reserve, -1 = not known."""
    writer.begin_extended("DERSettings")
    writer.leaf("modesEnabled", "%08X" % modes_enabled)
    writer.leaf("setGradW", set_grad_w)
    _quantities(writer, "set", set_max)
    writer.time("updatedTime", updated_time)
    _extensions(writer, "Enabled", doe_modes, vpp_modes)
    if min_wh >= 0 and writer.namespace == NS_CSIPAUS_13:
        writer.power(writer.prefix + ":setMinWh", min_wh)
    writer.close("DERSettings")


def _quantities(writer, prefix, values):
    names = RATINGS.split()
    for i in range(QUANTITIES):
        if values[i]:
            name = prefix + names[i]
            if i >= MIN_PF_OVER:
                writer.open(name)
                writer.leaf("displacement", values[i])
                writer.leaf("multiplier", -3)
                writer.close(name)
            else:
                writer.power(name, -values[i] if i == MAX_VAR_NEG else values[i])


def _extensions(writer, suffix, doe_modes, vpp_modes):
    writer.extension("doeModes" + suffix, "%02X" % doe_modes)
    if writer.namespace == NS_CSIPAUS_13:
        writer.extension("vppModes" + suffix, "%02X" % vpp_modes)


def der_status(writer, state, since, soc, reading_time):
    """Write the state of all controllable DER together: `state` by quantity, each with the time `since` which it is so.

    `soc`: state of charge as it was read at `reading_time`, in hundredths of a percent. -1 = not known.
    """
    writer.begin("DERStatus")
    writer.leaf("alarmStatus", "%08X" % state[ALARM_STATUS])
    writer.status("genConnectStatus", since[GEN_CONNECT], "%02X" % state[GEN_CONNECT])
    writer.status("inverterStatus", since[INVERTER_STATE], state[INVERTER_STATE])
    writer.status("operationalModeStatus", since[OPERATIONAL_MODE], state[OPERATIONAL_MODE])
    writer.time("readingTime", reading_time)
    if soc >= 0:
        writer.status("stateOfChargeStatus", reading_time, soc)
    if state[STORAGE_MODE] >= 0:
        writer.status("storageModeStatus", since[STORAGE_MODE], state[STORAGE_MODE])
    if state[STOR_CONNECT] >= 0:
        writer.status("storConnectStatus", since[STOR_CONNECT], "%02X" % state[STOR_CONNECT])
    writer.close("DERStatus")


def log_event(writer, created, details, code, event_id, pen):
    """Write the LogEvent `code` of the standard, or where `pen` is another than its own, of the gateway's maker.

    The standard lets its own codes be given with its PEN and profile only. `details` may be "".
    """
    writer.begin("LogEvent")
    writer.time("createdDateTime", created)
    if details:
        writer.leaf("details", details)
    writer.leaf("functionSet", FUNCTION_SET_DER)
    writer.leaf("logEventCode", code)
    writer.leaf("logEventID", event_id)
    writer.leaf("logEventPEN", pen)
    writer.leaf("profileID", PROFILE_SEP2 if pen == PEN_SEP2 else PROFILE_VENDOR)
    writer.close("LogEvent")
