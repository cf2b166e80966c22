"""Every second of the site, without heap: samples to averages, the control step, the clocks, and all of it together."""

from array import array

from bus_world import framed, words
from doe_world import World
from inverter_world import image
from loops import each, total
from memory_store import Store
from test_clock import Ticks
from test_meter import REGISTERS

from sluice.app.clock import Clock
from sluice.devices.controls_123 import Limit123
from sluice.devices.inverter import Inverter
from sluice.devices.meter import Meter
from sluice.metering.intervals import Intervals, grid_start
from sluice.metering.quantities import ALL, DER_W
from sluice.metering.ring import VALUES, Ring
from sluice.metering.sampling import sample_der, sample_site
from sluice.modbus.rtu import DONE, Reply, encode_read, encode_write
from sluice.sep2.kinds import LARGEST
from sluice.sep2.values import TIME_MAX
from sluice.site.control import Control
from sluice.site.failsafe import BLIND, SEE
from sluice_wire.limits import (
    POST_RATE_MAX_S,
    POST_RATE_MIN_S,
    SITE_MAX_W,
    TELEMETRY_SETS,
    UNLIMITED_W,
)
from sluice_wire.meter_maps import load
from sluice_wire.sep2 import EXP_LIM, GEN_LIM, MAX_W

# The edge of what is no object.
_GREATEST = (1 << 30) - 1
_LEAST = -_GREATEST - 1

# --- samples and intervals --------------------------------------------------------------------------


def _ring():
    return Ring(Store(), ALL, None)


class _Metering:
    """Intervals that are fed one value in every quantity, second by second."""

    def __init__(self, rate_s, values):
        self.ring = _ring()
        self.intervals = Intervals(self.ring, rate_s)
        self.oldest = [0] * (VALUES + ALL)
        self.rate_s = rate_s
        self.values = values
        self.now = 0

    def second(self, now):
        self.now = now
        self.intervals.tick(now, self.rate_s)
        for quantity in range(ALL):
            self.sample(quantity)

    def sample(self, quantity):
        self.intervals.sample(quantity, self.values[self.now % len(self.values)])

    def run(self, first, seconds):
        now = first
        while now < first + seconds:
            self.second(now)
            now += 1

    def close(self, now):
        """Close the running interval, take it, and give its average of DER_W."""
        self.intervals.tick(now, self.rate_s)
        self.ring.pop(self.ring.oldest(self.oldest))
        return self.oldest[VALUES + DER_W]


def _averaging(rate_s, values, average, first=86400):
    metering = _Metering(rate_s, values)
    start = grid_start(first + rate_s, rate_s)

    def call():
        metering.run(start, rate_s)
        return metering.close(start + rate_s)

    return call, average


def interval_typical_five_minutes():
    return _averaging(300, [4320, 4310, None], 4315)


def interval_worst_an_hour_of_the_largest_site():
    return _averaging(POST_RATE_MAX_S, [-SITE_MAX_W, -SITE_MAX_W, -SITE_MAX_W, 1 - SITE_MAX_W], -SITE_MAX_W)


def interval_worst_a_rate_that_does_not_divide_the_day_in_2054():
    return _averaging(POST_RATE_MAX_S - 1, [SITE_MAX_W], SITE_MAX_W, TIME_MAX - 9000)


def interval_hostile_nothing_measured_and_numbers_at_the_edge():
    return _averaging(60, [None, _GREATEST, _LEAST, None], -1)


def interval_hostile_another_rate_and_another_time_every_second():
    metering = _Metering(300, [1])
    jumps = range(300)

    def call():
        each(jump, jumps)
        return metering.ring.quantities

    def jump(n):
        metering.rate_s = POST_RATE_MIN_S + n * 37 % 3540
        metering.second(n * 7919 % 86400 if n & 1 else TIME_MAX - n)

    return call, ALL


# --- the ring ---------------------------------------------------------------------------------------


def _ringing(count, taken, value=1500):
    """Add sets, each of which is taken by a server or not; the store is not asked, it takes heap at its own time."""
    ring = _ring()
    sets = range(count)
    oldest = [0] * (VALUES + ALL)

    def call():
        each(add, sets)
        return ring.quantities

    def add(n):
        ring.add(TIME_MAX - n, 300, (1 << ALL) - 1, 1)
        ring.set(0, value)
        ring.set(ALL - 1, value)
        if taken:
            ring.pop(ring.oldest(oldest))

    return call, ALL


def ring_typical_each_is_taken_as_it_comes():
    return _ringing(36, True)


def ring_worst_as_many_as_there_is_room_for():
    return _ringing(TELEMETRY_SETS, False, -SITE_MAX_W)


def ring_hostile_a_server_that_never_takes_one():
    return _ringing(10 * TELEMETRY_SETS, False, _GREATEST)


# --- the control step -------------------------------------------------------------------------------


class _Der:
    """A DER as the control sees it; `w` follows what it is told at once."""

    def __init__(self, w_max, charge_w=0):
        self.w_max = w_max
        self.charge_w = charge_w
        self.pv = not charge_w
        self.stores = self.follows = charge_w > 0
        self.soc = 5000
        self.cha_st = self.st = self.w = self.silent_s = self.fallback_w = 0
        self.heard = True
        self.reverts = False
        self.applied_w = self.native_w = -1

    def obey(self, sun_w):
        w = min(sun_w * self.pv, self.most_w)
        self.w = max(w, self.least_w)
        return self.w


class _House:
    """A control step with what it is given, which a case may change from second to second."""

    def __init__(self, ders, exp_lim_w):
        self.ders = ders
        self.control = Control(ders)
        self.limits = self.control.limits
        self.limits.exp_w = exp_lim_w
        self.trust = SEE
        self.site_w = 0
        self.now = 0

    def step(self):
        self.control.step(self.now, self.trust, self.site_w)

    def obey(self, sun_w, load_w):
        self.site_w = load_w
        for i in range(len(self.ders)):
            self.site_w -= self.ders[i].obey(sun_w)


def _controlling(house, change, seconds, most_w):
    """`change(n)` is called before second n; give what the first DER may do in the last."""

    def call():
        for n in range(seconds):
            house.now = n
            change(n)
            house.step()
        return house.ders[0].most_w

    return call, most_w


def control_typical_sun_and_kettle():
    house = _House([_Der(10000)], 1500)

    def change(n):
        house.obey(9000, 2700 if n % 100 < 50 else 500)

    return _controlling(house, change, 300, 1960)


def control_worst_the_largest_site_that_gives_more_than_it_may():
    house = _House([_Der(SITE_MAX_W), _Der(SITE_MAX_W, SITE_MAX_W)], SITE_MAX_W)
    house.ders[0].w = 2 * SITE_MAX_W
    house.site_w = -2 * SITE_MAX_W
    return _controlling(house, abs, 300, 0)


def control_typical_three_inverters_and_a_battery_under_all_limits():
    house = _House([_Der(5000), _Der(3000), _Der(2000), _Der(5000, 5000)], 1500)
    house.limits.imp_w = 3000
    house.limits.gen_w = 8000
    house.limits.load_w = 4000

    def change(n):
        house.obey(2000, 2700 if n % 100 < 50 else 500)

    return _controlling(house, change, 300, 2320)


def control_hostile_limits_and_readings_beyond_all_bounds_devices_that_come_and_go():
    ders = [_Der(SITE_MAX_W), _Der(0), _Der(2 * SITE_MAX_W, 2 * SITE_MAX_W), _Der(1, 1)]
    house = _House(ders, UNLIMITED_W)
    values = (LARGEST, -LARGEST, 0, UNLIMITED_W)
    limits = house.limits

    def turn(n):
        limits.exp_w = values[n & 3]
        limits.imp_w = values[n + 1 & 3]
        limits.gen_w = values[n >> 2 & 3]
        limits.load_w = values[n >> 3 & 3]
        limits.setpoint_w = values[n >> 4 & 3]
        limits.storage_w = values[n >> 5 & 3]
        limits.generate = n % 13 < 9

    def change(n):
        house.now = n if n % 50 else TIME_MAX
        house.trust = n % 7 & 3
        turn(n)
        house.site_w = SITE_MAX_W if n & 8 else -SITE_MAX_W
        for der in ders:
            der.heard = n % 11 < 9
            der.silent_s = n
            der.soc = n & 1 and 10000
            der.w = 2 * SITE_MAX_W if n & 16 else -2 * SITE_MAX_W

    return _controlling(house, change, 300, 0)


# --- the clocks -------------------------------------------------------------------------------------


def _ticking(step_ms, count, servers_now, gives):
    """Read both clocks `count` times, `step_ms` apart, the server's Time being set each time."""
    port = Ticks(1000)
    clock = Clock(port)
    ticks = range(count)

    def call():
        each(tick, ticks)
        return clock.now() - servers_now[-1]

    def tick(n):
        port.ms = port.ms + step_ms & 0xFFFFFF
        clock.uptime()
        clock.ms_to_next_second()
        clock.set(servers_now[n % len(servers_now)])
        clock.now()

    return call, gives


def clock_typical_a_server_that_is_a_second_off():
    return _ticking(1000, 100, [200000000, 200000001], 0)


def clock_worst_a_second_that_came_a_minute_late():
    return _ticking(60999, 100, [1073000000], 0)


def clock_hostile_a_server_that_says_another_decade_each_time():
    return _ticking(1000, 100, [0, TIME_MAX, 1, TIME_MAX], 0)


# --- a whole second ---------------------------------------------------------------------------------


class _Site:
    """The gateway's second from the frames of meter and inverter to the frame that limits the inverter."""

    def __init__(self, w_max, meter_frame, inverter_frame):
        self.world = World(w_max)
        self.world.default(self.world.b, exp=1500, set_grad_w=28)
        self.meter = Meter(1, load("sdm630"))
        self.inverter = Inverter(2)
        self.inverter.w_max = self.inverter.set_max[MAX_W] = w_max
        self.inverter.silent_s = 0
        self.ders = (self.inverter,)
        self.held = Limit123(self.inverter, 40195)
        self.held.take(array("H", [0] * 21 + [0xFFFE]))
        self.control = Control(self.ders)
        self.inverter.heard = True
        self.intervals = Intervals(_ring(), 60)
        self.reply = Reply()
        self.tx = bytearray(256)
        self.meter_frame = meter_frame
        self.inverter_frame = inverter_frame
        self.heard = False

    def exchange(self, unit_id, function, count, frame):
        encode_read(self.tx, unit_id, function, 0, count)
        self.reply.expect(self.tx)
        return self.reply.feed(frame, len(frame)) == DONE

    def poll(self):
        self.heard = self.exchange(1, 4, 72, self.meter_frame)
        if self.heard:
            self.meter.decode(self.reply.regs, 0, 72)
            self.meter.take()
        if self.exchange(2, 3, 52, self.inverter_frame):
            self.inverter.decode(self.reply.regs)

    def account(self):
        self.intervals.tick(self.world.now, 60)
        sample_site(self.intervals, self.meter)
        sample_der(self.intervals, self.ders)

    def decide(self):
        limits = self.control.limits
        limits.exp_w = self.world.limit_w(EXP_LIM)
        limits.gen_w = self.world.limit_w(GEN_LIM)
        limits.setpoint_w = self.world.envelope.setpoint_w()
        limits.generate = self.world.envelope.connect
        self.control.step(self.world.now, SEE if self.heard else BLIND, self.meter.w)

    def write(self):
        self.held.plan(self.world.now)
        return encode_write(self.tx, 2, 40200, self.held.want, 5)

    def second(self, n):
        self.poll()
        self.account()
        self.world.run(self.world.now + 1)
        self.decide()
        return self.write()


def _frame_of_a_meter():
    regs = [0] * 72
    for address, pair in REGISTERS.items():
        regs[address : address + 2] = pair
    return framed(1, 4, 144, *words(regs))


def _frame_of_an_inverter():
    registers, headers = image()
    return framed(2, 3, 104, *words([registers[headers[103] + i] for i in range(52)]))


def _seconds(site, count):
    seconds = range(count)

    def call():
        return total(second, seconds)

    def second(n):
        return site.second(n)

    return call, 19 * count


def second_typical_ten_minutes():
    return _seconds(_Site(10000, _frame_of_a_meter(), _frame_of_an_inverter()), 600)


def second_worst_the_largest_site():
    return _seconds(_Site(SITE_MAX_W, _frame_of_a_meter(), _frame_of_an_inverter()), 100)


def second_hostile_a_line_that_brings_only_noise():
    noise = bytes([1, 4, 144] * 85)
    return _seconds(_Site(SITE_MAX_W, noise, noise), 60)
