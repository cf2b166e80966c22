"""The commissioning as the console does it: it leaves the inverters limited, or alone for long enough."""

import asyncio
import json

from console_world import FOLDER, Port, World
from test_console import CODE, CONFIG

from expect import raises
from sluice.app import armed, start
from sluice.app import commission as commissioning
from sluice.app.commission import KILL_S
from sluice.app.config import check
from sluice.app.rig import RigError
from sluice_wire.console import RESTART, UNLOCKED_S

COMMISSION = b'{"id":1,"do":"commission"}\n'
STOP = b'{"id":2,"do":"stop"}\n'


class Yielding(Port):
    """Others have their turn while somebody sleeps."""

    async def sleep_ms(self, ms):
        self.ms += ms
        await asyncio.sleep(0)


class Bus:
    def close(self):
        pass


class Rig:
    """Limits two inverters, which takes its time."""

    def __init__(self, test):
        self.bus = Bus()
        self.ders = test.ders
        self._test = test

    async def scan(self, der):
        if der.silent:
            raise RigError("it does not answer")
        der.w_max = 5000

    async def leave(self, total_w):
        for der in self.ders:
            for _ in range(5):
                await asyncio.sleep(0)
            if der.w_max:
                self._test.limited += 1
        return []


class Der:
    w_max = 5000
    silent = False


class Visit:
    """A commissioning that takes `turns`, and ends with `result`."""

    fixed_w = 1500
    ms = 1000  # of a turn

    def __init__(self, world, turns=0, result=True):
        self.world = world
        self.turns = turns
        self.result = result
        self.limited = 0  # inverters
        self.halves = []
        self.ders = [Der(), Der()]

    async def half(self, which):
        self.halves.append(which)
        for _ in range(self.turns):
            await self.world.port.sleep_ms(self.ms)
        if self.result is None:
            raise ZeroDivisionError
        return self.result

    def prove(self):
        return self.half(1)

    def judge(self):
        return self.half(2)


def ready(turns=0, result=True, port=Yielding):
    """Return a world with a configuration whose commissioning is a Visit, and that."""
    world = World(port())
    world.port.files[FOLDER + "gateway.json"] = json.dumps(CONFIG).encode()
    return world, Visit(world, turns, result)


def told(world, test, *lines):
    """Send lines, wait until what they have begun is done; return all that was told but what is said on the way."""

    async def all():
        for line in lines:
            world.line.pieces = [line]
            await world.listener.run()
        while world.console.busy:
            await asyncio.sleep(0)

    done(test, all())
    return [answer for answer in [json.loads(line) for line in world.line.told] if "say" not in answer]


def done(test, coroutine):
    """Run a coroutine in which `test` is the commissioning; return what comes of it."""
    kept = commissioning.Commission, commissioning.rig_of
    commissioning.Commission = lambda *args: test
    commissioning.rig_of = lambda *args: Rig(test)
    try:
        return asyncio.run(coroutine)
    finally:
        commissioning.Commission, commissioning.rig_of = kept
        asyncio.new_event_loop()


def pending(world, at):
    """Let the first half be done, at this second of the real-time clock."""
    armed.keep(world.port, world.setup.state, check(json.loads(json.dumps(CONFIG))), {"at": at}, False)


def is_pending(world):
    return armed.pending(world.port, world.setup.state, check(json.loads(json.dumps(CONFIG)))) is not None


# --- how it ends --------------------------------------------------------------------------------------


def test_what_is_stopped_leaves_the_inverters_limited_however_often_it_is_stopped():  # C2
    world, test = ready(turns=1000)
    answers = told(world, test, COMMISSION, STOP, STOP, STOP)
    assert [(answer["id"], answer["ok"]) for answer in answers].count((2, True)) == 3
    assert [answer["text"] for answer in answers if answer["id"] == 1] == ["it was stopped"]
    assert test.limited == 2


def test_what_has_failed_leaves_them_limited_also_if_it_is_stopped_then():  # C2
    world, test = ready(result=False)
    answers = told(world, test, COMMISSION, STOP)
    assert [(answer["half"], answer["passed"]) for answer in answers if answer["id"] == 1] == [(1, False)]
    assert test.limited == 2


def test_a_fault_of_ours_leaves_them_limited_and_the_console_open():  # C2
    world, test = ready(result=None)
    answers = told(world, test, COMMISSION)
    assert "ZeroDivisionError" in answers[0]["text"]
    assert test.limited == 2
    assert told(world, test, b'{"id":3,"do":"status"}\n')[-1]["ok"]


def test_a_first_half_that_has_passed_ends_in_a_restart_into_service_mode():
    world, test = ready()
    assert raises(SystemExit, told, world, test, COMMISSION).args[0] == RESTART
    assert json.loads(world.line.told[-1])["half"] == 1
    assert test.limited == 0
    assert world.setup.wants_service()


def test_the_last_answer_is_out_before_it_restarts_and_nothing_is_begun_meanwhile():
    world, test = ready()
    raises(SystemExit, told, world, test, COMMISSION, b'{"id":7,"do":"commission"}\n')
    answers = [json.loads(line) for line in world.line.told]
    assert [answer["error"] for answer in answers if answer["id"] == 7] == ["busy"]
    assert world.port.ms >= 200
    assert test.halves == [1]


def test_where_it_cannot_be_told_to_stay_away_the_first_half_has_not_passed():  # C2
    world, test = ready()
    pending(world, world.port.rtc())
    world.port.replace_file = refuses
    answers = told(world, test, b'{"id":1,"do":"commission","fresh":true}\n')
    assert answers[0]["error"] == "failed"
    assert test.limited == 2
    assert not is_pending(world)


def refuses(name, parts):
    raise OSError(28, "ENOSPC")


def test_who_is_locked_out_meanwhile_can_stop_it_and_do_nothing_else():
    world, test = ready(turns=1000)
    test.ms = UNLOCKED_S * 1000
    world.console.lock.set(CODE)
    world.console.lock.unlock(CODE)
    answers = told(world, test, COMMISSION, b'{"id":3,"do":"config"}\n', STOP)
    assert world.console.lock.locked
    assert [answer["error"] for answer in answers if answer["id"] == 3] == ["busy"]
    assert [answer["ok"] for answer in answers if answer["id"] == 2] == [True]


class Serving(Yielding):
    """A port in service mode."""

    def alive(self):
        pass

    def join(self, **network):
        pass


def test_who_hangs_up_in_the_middle_does_not_end_it():  # C2
    world, test = ready(turns=100, result=False, port=Serving)
    world.line.pieces = [COMMISSION]
    assert done(test, start._serve(world.port, world.line, world.setup)) == 2
    assert test.limited == 2


# --- between the halves -----------------------------------------------------------------------------------


def test_the_second_half_waits_whatever_is_done_to_the_clock():
    for jump_s in (-86400, 0, 86400):
        world, test = ready()
        pending(world, world.port.rtc() - jump_s)
        world.start()
        begun_s = world.clock.uptime()
        answers = told(world, test, COMMISSION)
        assert (answers[0]["error"], answers[0]["wait_s"]) == ("wait", KILL_S - begun_s)
        world.port.ms = KILL_S * 1000
        answers = told(world, test, COMMISSION)
        assert (answers[-1]["half"], answers[-1]["passed"]) == (2, True)
        assert test.halves == [2]


def test_a_second_half_that_has_failed_early_limits_whoever_answers():  # C2
    world, test = ready(result=False)
    pending(world, world.port.rtc())
    world.port.ms = KILL_S * 1000
    test.ders = [Der(), Der(), Der()]
    for der in test.ders:
        der.w_max = 0
    test.ders[0].silent = True
    answers = told(world, test, COMMISSION)
    assert (answers[-1]["half"], answers[-1]["passed"]) == (2, False)
    assert test.limited == 2


def test_who_wants_it_anew_does_not_wait():
    world, test = ready(result=False)
    pending(world, world.port.rtc())
    told(world, test, b'{"id":1,"do":"commission","fresh":true}\n')
    assert test.halves == [1]


def test_a_gateway_that_has_run_has_not_left_the_inverters_alone():  # C2
    world, test = ready(result=False)
    pending(world, world.port.rtc())
    armed.interrupt(world.port, world.setup.state)
    told(world, test, COMMISSION)
    assert test.halves == [1]


def test_what_was_proved_with_another_configuration_is_no_first_half():
    world, test = ready(result=False)
    pending(world, world.port.rtc())
    other = json.loads(json.dumps(CONFIG))
    other["site"]["exp_lim_w"] = 5000
    world.port.files[FOLDER + "gateway.json"] = json.dumps(other).encode()
    told(world, test, COMMISSION)
    assert test.halves == [1]


def test_a_site_that_has_passed_is_locked_and_takes_a_code():
    world, test = ready()
    pending(world, world.port.rtc())
    world.port.ms = KILL_S * 1000
    told(world, test, COMMISSION)
    assert world.console.lock.locked
    assert told(world, test, b'{"id":3,"do":"lock","code":"%s"}\n' % CODE.encode())[-1]["ok"]
