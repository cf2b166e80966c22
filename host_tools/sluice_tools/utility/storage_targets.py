"""opModStorageTargetW, the one mode of CSIP-AUS 1.3, which envoy-schema does not know: put into what it has written.

Source: CSIP-AUS 1.3; requirement U.
"""

from collections.abc import Mapping

from envoy_schema.server.schema.sep2.der_control_types import ActivePower
from lxml import etree

from sluice_tools.plan import Modes
from sluice_tools.utility.documents import power
from sluice_wire.sep2 import NS_CSIPAUS_13, NS_SEP2


def _control_base(control: etree._Element) -> etree._Element:
    base = control.find(f"{{{NS_SEP2}}}DERControlBase")
    if base is None:
        base = etree.Element(f"{{{NS_SEP2}}}DERControlBase")
        gradient = control.find(f"{{{NS_SEP2}}}setGradW")
        if gradient is None:
            control.append(base)
        else:
            gradient.addprevious(base)
    return base


def with_storage_targets(written: bytes, controls: Mapping[str, Modes]) -> bytes:
    """Put the one mode of CSIP-AUS 1.3, which envoy-schema does not know, into the controls (by mRID) that set it."""
    return with_storage_powers(written, {mrid: power(modes.opModStorageTargetW) for mrid, modes in controls.items()})


def with_storage_powers(written: bytes, targets: Mapping[str, ActivePower | None]) -> bytes:
    """Put these targets into the controls of these mRIDs.

    Every control is given its DERControlBase: one without any other mode has lost it on the way (skip_empty).
    """
    root: etree._Element = etree.fromstring(written)
    for control in root.iter(f"{{{NS_SEP2}}}DERControl", f"{{{NS_SEP2}}}DefaultDERControl"):
        base = _control_base(control)
        target = targets.get(control.findtext(f"{{{NS_SEP2}}}mRID", ""))
        if target:
            element = etree.SubElement(base, f"{{{NS_CSIPAUS_13}}}opModStorageTargetW", nsmap={"v13": NS_CSIPAUS_13})
            etree.SubElement(element, f"{{{NS_SEP2}}}multiplier").text = str(target.multiplier)
            etree.SubElement(element, f"{{{NS_SEP2}}}value").text = str(target.value)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
