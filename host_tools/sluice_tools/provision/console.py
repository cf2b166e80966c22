"""`sluice console`: one request to a gateway from the shell, for who looks after it later, and for scripts.

What it answers to people is printed as it is (why, the journal), all else as JSON.
"""

import json
import sys
from typing import Any

import click

from sluice_tools.provision.find import described, found, ports
from sluice_tools.provision.link import Answer, Link, LinkError, Refusal
from sluice_wire.console import LOCKED

FOR_PEOPLE = {"explain": "text", "journal": "lines", "csr": "pem"}


def value_of(text: str) -> Any:
    """Give an argument as JSON has it, a text if it is none: 3, true, NAME."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def the_one() -> str:
    """Give the port of the only gateway that is there; ClickException if there is none, or several."""
    there = list(found(ports(), lambda text: click.echo(text, err=True)))
    if len(there) == 1:
        return there[0][0]
    names = "".join(f"\n  {name}  {described(answer)}" for name, answer in there) or " none was found"
    raise click.ClickException(f"which gateway? Name its port with --device:{names}")


def asked(link: Link, do: str, arguments: dict[str, Any], code: str | None) -> Answer:
    """Give the answer of a gateway, unlocked for it with the site code if that is needed, and locked again."""

    def ask() -> Answer:
        return link.ask(do, lambda what: click.echo(json.dumps(what)), **arguments)

    try:
        return ask()
    except Refusal as refusal:
        if refusal.error != LOCKED or not (code or sys.stdin.isatty()):
            raise
    code = code or click.prompt("Site code", hide_input=True, err=True)
    link.ask("unlock", code=code)
    answer = ask()
    if do not in ("restart", "reset"):  # they lock it, or leave nothing to lock
        link.ask("lock", code=code)
    return answer


@click.command()
@click.argument("do", metavar="[COMMAND]", default="status")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--device", metavar="PATH", help="The gateway's port, such as /dev/ttyACM0; looked for without it.")
@click.option("--code", envvar="SLUICE_SITE_CODE", help="The site code (or $SLUICE_SITE_CODE); else it is asked for.")
def console(do: str, arguments: tuple[str, ...], device: str | None, code: str | None) -> None:
    """Ask a gateway on a USB cable: status, explain, journal, identify, config, restart ... (docs/console.md).

    The exit code is 1 if it refuses, or does not answer.
    """
    given = dict(argument.partition("=")[::2] for argument in arguments if "=" in argument)
    if len(given) != len(arguments):
        raise click.UsageError("arguments are NAME=VALUE, each name once")
    try:
        link = Link(device or the_one())
        try:
            answer = asked(link, do, {name: value_of(value) for name, value in given.items()}, code)
        finally:
            link.close()
    except (LinkError, Refusal, ValueError) as error:
        raise click.ClickException(str(error)) from error
    told = answer.get(FOR_PEOPLE.get(do, ""), json.dumps(answer, indent=2, ensure_ascii=False) if answer else "done")
    click.echo("\n".join(told) if isinstance(told, list) else told)
