"""Which port the gateway is on: each that there is is asked who is there."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from serial.tools import list_ports

from sluice_tools.provision.link import Answer, Link, LinkError

RUN = Path("/run/sluice/console")  # of a gateway that is a computer itself
NOTHING = (
    "no gateway was found on {ports}: is it powered, and is the cable one for data? On Linux you need to be in the "
    "group dialout; on Windows and macOS look for the driver of its USB chip. --device PATH names the port"
)


def ports() -> list[str]:
    """Give what may be a gateway's console here."""
    return sorted(port.device for port in list_ports.comports()) + ([str(RUN)] if RUN.exists() else [])


def found(names: Iterable[str], tell: Callable[[str], None]) -> Iterator[tuple[str, Answer]]:
    """Give the gateways among these ports, and what each is; `tell` why a port is none."""
    for name in names:
        try:
            link = Link(name)
        except LinkError as error:
            tell(str(error))
            continue
        try:
            yield name, link.identified()
        except LinkError as error:
            tell(str(error))
        finally:
            link.close()


def described(answer: Answer) -> str:
    """Give in a few words which gateway it is."""
    serial = f", serial {answer['serial']}" if answer.get("serial") else ""
    site = f", NMI {answer['nmi']}" if answer.get("nmi") else ""
    return f"{answer.get('board') or 'Sluice'}{serial}, firmware {answer.get('firmware')}{site}"
