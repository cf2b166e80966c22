"""The commissioning test as the console does it: a half each time, and a restart in between.

However a half ends, the inverters are limited, or left alone until the other half: whoever stops it, hangs up or pulls
a plug does not change that. The time for which they are left alone begins with the restart, for the real-time clock may
be set meanwhile.
Source: docs/console.md 4.5.
"""

from sluice_wire.console import SERVICE, WAIT

from . import armed
from .config import ConfigError, load
from .console import Refused, refused


async def _find(rig):
    """Have all inverters known that can be: the first half has told them something, whatever the second has read."""
    from .rig import RigError

    for der in rig.ders:
        try:
            if not der.w_max:
                await rig.scan(der)
        except RigError:
            pass  # it does not answer, so it cannot be told anything either


async def half(console, request):
    """Do the half of the commissioning test that is next."""
    from .commission import KILL_S, Commission, rig_of  # here, for a long chain of imports takes much stack

    port = console.port
    setup = console.setup

    try:
        config = load(port, setup.trial.name)
    except ConfigError as error:
        raise refused(str(error))

    def say(what):
        console.say(request["id"], what)

    pending = None if request.get("fresh") is True else armed.pending(port, setup.state, config)
    if pending is not None:
        left_s = KILL_S - console.clock.uptime()
        if left_s > 0:
            raise Refused(WAIT, "the inverters are left alone for %d s more" % left_s, wait_s=left_s)
    rig = rig_of(port, console.clock, config, say)
    test = Commission(port, console.clock, config, setup.state, rig, say)
    passed = False
    try:
        proved = await (test.prove() if pending is None else test.judge())
        if proved and pending is None:
            setup.restart_into(SERVICE)
        passed = proved
    except OSError:
        armed.interrupt(port, setup.state)  # nobody can leave the inverters alone
        raise
    finally:
        console.task = None  # whoever says stop now or once more does not keep the inverters from being limited
        if not passed:
            if pending is not None:
                await _find(rig)
            for why in await rig.leave(test.fixed_w):
                say({"left": why})
        rig.bus.close()
    if pending is None and passed:
        say({"kill": KILL_S})
        console.leaving = True
    if pending is not None:
        console.lock.commissioned = passed
    return {"half": 1 if pending is None else 2, "passed": passed}
