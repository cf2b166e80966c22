"""EndDevice and ConnectionPoint as a device writes them, against the CSIP-AUS schema and envoy-schema."""

from typing import Any

from envoy_schema.server.schema.csip_aus.connection_point import ConnectionPointRequest
from envoy_schema.server.schema.sep2.end_device import EndDeviceRequest
from hypothesis import given
from hypothesis import strategies as st

from sluice.sep2.registrants import connection_point, end_device
from sluice.sep2.writers import Writer
from sluice_tools import schema
from sluice_wire.identity import nmi_check_digit, sfdi
from sluice_wire.limits import TX_SIZE
from sluice_wire.sep2 import EPOCH, NS_CSIPAUS_12

NMIS = st.text("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=10, max_size=10)


def written(write: Any, *args: Any, prefix: str = "csipaus") -> bytes:
    """Return the document, which the schema must find nothing wrong with."""
    writer = Writer(TX_SIZE, prefix, NS_CSIPAUS_12)
    write(writer, *args)
    document = bytes(writer.buf[: writer.n])
    assert schema.validate(document) == []
    return document


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**30 - 1))
def test_an_end_device_is_valid_and_read_back(lfdi: bytes, now: int) -> None:  # D5, P1
    told = EndDeviceRequest.from_xml(written(end_device, lfdi, sfdi(lfdi.hex().upper()), now))
    assert told.lFDI == lfdi.hex().upper()
    assert (told.sFDI, told.changedTime, told.enabled) == (sfdi(lfdi.hex().upper()), now + EPOCH, True)


@given(NMIS, st.booleans(), st.sampled_from(["csipaus", "ns2"]))
def test_a_connection_point_is_valid_and_read_back(nmi: str, checked: bool, prefix: str) -> None:  # D5, U
    if checked:
        nmi += str(nmi_check_digit(nmi))
    document = written(connection_point, nmi, prefix=prefix)
    assert document.startswith(b"<" + prefix.encode() + b":ConnectionPoint ")
    assert ConnectionPointRequest.from_xml(document).id == nmi
