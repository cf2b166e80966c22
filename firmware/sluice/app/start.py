"""What the program is from this start on: the gateway, or the console alone.

A configuration that cannot be used is no reason to be silent: whoever comes with a cable is told what is wrong with it.
One on trial that cannot be used makes room for the old one.
Source: docs/console.md 2, 4.3.
"""

import asyncio

from sluice.port.errors import TlsError
from sluice_wire.console import RESTART, RUNNING, SERVICE


def started(port, name, state, trial=None):
    """Return the gateway by the configuration file `name` and what to tell, or None and what is wrong.

    `state`: the folder of what outlives a restart; `trial`: whether another configuration is on trial.
    """
    from sluice.modbus.client import Client  # noqa: F401 - first, for a long chain of imports takes much stack

    from . import armed
    from .build import build
    from .config import ConfigError, load
    from .gateway import Gateway

    said = trial.begin() if trial else ""
    while True:
        try:
            config = load(port, trial.name if trial else name)
            armed.interrupt(port, state)
            return Gateway(*build(port, config, state)), said
        except (ConfigError, TlsError) as error:
            if not trial or not trial.running():
                return None, said + "\n" * bool(said) + str(error)
            said = trial.give_up("nothing can be done: " + str(error).replace("\n", "; "))


def _give_back(port):
    for module in ("app.build", "app.config", "app.expiry", "app.armed"):
        port.unload("sluice." + module)
    port.unload("sluice_wire.meter_maps")


def run(port, config_name):
    """Run the gateway with the configuration file `config_name`. Return 2 if it cannot be used, 130 if stopped."""
    gateway, wrong = started(port, config_name, config_name[: config_name.rfind("/") + 1] + "state")
    _give_back(port)
    if gateway is None:
        for line in wrong.split("\n"):
            port.print("%s: %s" % (config_name, line))
        return 2
    return _until_stopped(port, gateway.run())


def run_with_console(port, config_name, console_name):
    """Run the gateway, or service mode, with a console at `console_name` (see sluice.port, open_console).

    Return RESTART if the program is to be started again, 130 if it was stopped, 2 if nobody can ask any more and there
    is nothing to run.
    """
    from .setup import Setup

    try:
        line = port.open_console(console_name)
    except OSError as error:
        port.print("%s cannot be the console: %s" % (console_name, error))
        line = None  # a site that is controlled matters more
    setup = Setup(port, config_name)
    gateway, told = None, ""
    if not setup.wants_service() and setup.trial.what():
        gateway, told = started(port, config_name, setup.state, setup.trial)
    if gateway is None:
        setup.wrong = told
        if setup.wrong:
            port.print("service mode: %s" % setup.wrong)
        return _until_stopped(port, _serve(port, line, setup)) if line else 2
    _give_back(port)
    from .kept import Kept
    from .listener import Listener

    def make(line):
        from .console import Console
        from .lock import Lock
        from .setup import Setup

        lock = Lock(port, state, gateway.clock.uptime, gateway.control.armed)
        console = Console(port, line, lock, Setup(port, config_name), RUNNING)
        console.gateway = gateway
        console.clock = gateway.clock
        console.journal = gateway.journal
        return console

    if line:
        gateway.journal.kept = Kept()
        gateway.console = Listener(port, line, make)
    if told:
        gateway.journal.write(told)
    if setup.trial.running():
        gateway.trial = setup.trial
    state = setup.state
    del setup
    for module in ("setup", "trial"):
        port.unload("sluice.app." + module)
    return _until_stopped(port, gateway.run())


def _until_stopped(port, coroutine):
    try:
        return asyncio.run(coroutine)
    except KeyboardInterrupt:
        port.print("gateway stopped")
        return 130


async def _serve(port, line, setup):
    """Be there for the console alone."""
    from .armed import commissioned
    from .clock import Clock
    from .config import ConfigError, load
    from .console import Console
    from .listener import Listener
    from .lock import Lock

    clock = Clock(port)
    try:
        config = load(port, setup.trial.name)
        port.join(**config["network"])
        proved = commissioned(port, setup.state, config)
    except ConfigError:
        proved = False
    console = Console(port, line, Lock(port, setup.state, clock.uptime, proved), setup, SERVICE)
    console.clock = clock
    task = asyncio.create_task(Listener(port, line, lambda line: console).run())
    while not task.done() or console.busy:  # who hangs up in the middle of a commissioning does not end it
        await port.sleep_ms(1000)
        port.alive()
        if console.idle_s() == 0:
            raise SystemExit(RESTART)
    return 2
