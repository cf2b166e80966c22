"""Questions to a person, one line each, checked at once. With a terminal a wrong answer is typed again, and a secret is
not seen; without one each line of standard input is an answer, and no escape codes go out."""

import getpass
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from rich.console import Console
from rich.status import Status
from rich.text import Text

from sluice_tools.provision import values
from sluice_tools.provision.answers import Known, look
from sluice_wire.utilities import PROFILES

Check = Callable[[object], Any]
LEFT_OUT = "leave out"
YES, NO = "yes", "no"


class Ended(Exception):
    """There are no more lines; the message is the question that got none."""


class Question(NamedTuple):
    """What is asked: its place in the answers, what it is called, a help in one line, how it is checked, and what
    Enter stands for (None: it must be answered)."""

    key: str
    name: str
    help: str
    check: Check
    default: str | None = None
    secret: bool = False


def _or_left_out(value: object) -> str:
    return "" if str(value).strip() in ("", LEFT_OUT) else values.text(value)


def yes(value: object) -> bool:
    """Take yes or no."""
    text = str(value).strip().lower()
    if text not in ("y", "yes", "n", "no"):
        raise ValueError("expected yes or no")
    return text.startswith("y")


NMI = Question("nmi", "NMI", "10 or 11 characters, as on the electricity bill", values.nmi)
PIN = Question("pin", "PIN", "six digits from the utility; not shown, not stored here", values.pin, secret=True)
# In their order. What is not answered must be, if there is no default.
SITE = (
    Question("profile", "Utility", ", ".join(sorted(PROFILES)), values.profile, "default"),
    Question("server.url", "Server", "https://HOST:PORT/PATH, from the utility", values.url),
    Question("server.ca", "Server's root certificate", "a PEM file, from the utility", values.file),
    Question("server.pen", "PEN", "Private Enterprise Number of the gateway's maker", values.pen),
    Question("site.exp_lim_w", "Export limit", "W or kW, of the connection agreement", values.watts),
    Question("site.imp_lim_w", "Import limit", "W or kW, of the connection agreement", values.watts),
    Question("site.gen_lim_w", "Generation limit", "W or kW", values.watts_or_none, "none"),
    Question("site.load_lim_w", "Load limit", "W or kW", values.watts_or_none, "none"),
    Question("customer.name", "Customer", "for the enrolment record", _or_left_out, LEFT_OUT),
)
SSID = Question("network.ssid", "Wireless network", "its name; the gateway hears those of 2.4 GHz", values.ssid)
NETWORK_KEY = Question(
    "network.key",
    "Its key",
    "8 to 64 signs; not shown, not stored here",
    values.network_key,
    "none",
    True,
)
ADDRESS = (
    Question("location.address", "Street and number", "of the site", _or_left_out, LEFT_OUT),
    Question("location.suburb", "Suburb", "of the site", _or_left_out, LEFT_OUT),
    Question("location.state", "State", "such as QLD", _or_left_out, LEFT_OUT),
    Question("location.postcode", "Postcode", "four digits", _or_left_out, LEFT_OUT),
)


def defaults(known: Known) -> Known:
    """Give what follows from other answers, by question."""
    found: Known = {"server.pen": look(known, "provider.pen")}
    if authority := known.get("authority"):
        found["server.ca"] = f"{authority}/serca.pem"
    return {key: value for key, value in found.items() if value is not None}


class Asker:
    """Asks on `console`, where `status` gives way meanwhile. `terminal`: somebody sits there."""

    def __init__(self, console: Console, status: Status, terminal: bool) -> None:
        self._console = console
        self._status = status
        self.terminal = terminal

    def ask(self, question: Question, default: object = None) -> Any:
        """Give the checked answer; Ended if there is none."""
        default = question.default if default is None else default
        shown = "" if default in (None, "") else f" [{default}]"
        help = f" ({question.help})" if question.help else ""
        prompt = f"{question.name}{help}{shown}: "
        while True:
            line = self._line(prompt, question.secret).strip()
            try:
                return question.check(default if not line and default is not None else line)
            except ValueError as error:
                text = f"  {error}" if line else "  an answer is needed"
                self._console.print(Text(text, "yellow"), soft_wrap=True)

    def sure(self, text: str, help: str, default: bool) -> bool:
        """Ask whether; Enter stands for `default`."""
        return bool(self.ask(Question("", text, help, yes, YES if default else NO)))

    def _line(self, prompt: str, secret: bool) -> str:
        self._status.stop()
        try:
            if not self.terminal:
                self._console.print(prompt.rstrip(), markup=False, soft_wrap=True)
                line = sys.stdin.readline() if sys.stdin else ""
                if not line:
                    raise EOFError
                return line
            if secret:
                return getpass.getpass(prompt)
            return input(prompt)
        except KeyboardInterrupt:
            self._console.print()
            raise
        except EOFError:
            raise Ended(prompt.rstrip(": ")) from None
