"""What a device writes once, when it registers: its EndDevice and its ConnectionPoint.

Source: IEEE 2030.5-2018 10.3, CSIP-AUS annex E; requirements D5, P1.
"""

from micropython import const

_ENERGY_MANAGEMENT_SYSTEM = const(1 << 14)  # DeviceCategoryType: whatever DER stands behind it


def end_device(writer, lfdi, sfdi, changed_time):
    """Write the EndDevice of this gateway: LFDI as bytes, SFDI as a number."""
    writer.begin("EndDevice")
    writer.leaf("deviceCategory", "%08X" % _ENERGY_MANAGEMENT_SYSTEM)
    writer.hexadecimal("lFDI", lfdi)
    writer.leaf("sFDI", sfdi)
    writer.time("changedTime", changed_time)
    writer.leaf("enabled", "true")
    writer.close("EndDevice")


def connection_point(writer, nmi):
    """Write the ConnectionPoint: the site's NMI."""
    root = writer.prefix + ":ConnectionPoint"
    writer.begin_extended(root)
    writer.extension("connectionPointId", nmi)
    writer.close(root)
