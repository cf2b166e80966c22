"""The DER as the server sees it: what several devices do, folded into one; when it is told; what it adds up to."""

from doe_world import Record, mrid
from doe_world import World as DoeWorld
from utility_world import NOW, NS, Inverter, World, control, listed, talked

from sluice.client.der import demanded, fold
from sluice.client.der_round import CAPABILITIES, der_type, min_wh, state_of_charge, sums
from sluice_wire.sep2 import (
    ALARM_STATUS,
    DER_PV,
    DER_PV_STORAGE,
    DER_STORAGE,
    EPOCH,
    GEN_CONNECT,
    INVERTER_STATE,
    MAX_CHARGE_RATE_W,
    MAX_VA,
    MAX_W,
    MAX_WH,
    MIN_PF_OVER,
    MIN_PF_UNDER,
    OPERATIONAL_MODE,
    SET_MAX_W,
    STATES,
    STOR_CONNECT,
    STORAGE_MODE,
)
from sluice_wire.sunspec import (
    CHA_ST_CHARGING,
    CHA_ST_DISCHARGING,
    ST_FAULT,
    ST_MPPT,
    ST_OFF,
    ST_SLEEPING,
    ST_STARTING,
    ST_THROTTLED,
)
from sluice_wire.utilities import PROFILES

HOLDING = 6
FULL = 5


def device(st=ST_MPPT, **values):
    made = Inverter()
    made.st = st
    for name in values:
        setattr(made, name, values[name])
    return made


def battery(cha_st=CHA_ST_CHARGING, st=ST_MPPT, soc=5000, wh=10000, **values):
    most = [4000, 5000, 10500, 6000, 6000, 10000, wh, 800, 850]
    return device(st, stores=True, cha_st=cha_st, soc=soc, rtg_max=most, set_max=most, **values)


def folded(*devices, connect=True):
    state = [77] * STATES  # nothing of what was there before shows
    fold(devices, connect, state)
    return state


# --- what several devices do ------------------------------------------------------------------------


def test_connect_bits_are_cumulative():  # R1, SAPN: peers.md 4a
    for st, bits in (
        (0, 0x00),
        (ST_OFF, 0x00),
        (ST_SLEEPING, 0x03),
        (ST_STARTING, 0x07),
        (ST_MPPT, 0x07),
        (ST_THROTTLED, 0x07),
        (ST_FAULT, 0x10),
        (8, 0x03),
        (65000, 0x03),
    ):
        assert folded(device(st))[GEN_CONNECT] == bits


def test_one_of_two_that_is_off_changes_nothing_and_both_off_is_off():  # R1, MUL-01
    state = folded(device(ST_OFF), device())
    assert (state[GEN_CONNECT], state[OPERATIONAL_MODE]) == (0x07, 2)
    state = folded(device(ST_OFF), device(0))
    assert (state[GEN_CONNECT], state[OPERATIONAL_MODE]) == (0x00, 1)


def test_a_fault_of_one_shows_beside_what_the_others_do():  # R1
    state = folded(device(ST_FAULT), device())
    assert (state[GEN_CONNECT], state[OPERATIONAL_MODE], state[INVERTER_STATE]) == (0x17, 2, ST_FAULT)


def test_an_inverter_held_at_nothing_does_not_operate():  # R1, ALL-08, ALL-11
    state = folded(device(ST_THROTTLED, applied_w=0))
    assert (state[GEN_CONNECT], state[OPERATIONAL_MODE]) == (0x03, 1)


def test_an_inverter_that_may_not_connect_is_disconnected_once_it_holds_that():  # R1, E11, ALL-12
    assert folded(device(ST_THROTTLED, applied_w=0), connect=False)[GEN_CONNECT] == 0x00
    assert folded(device(ST_THROTTLED, applied_w=500), connect=False)[GEN_CONNECT] == 0x07
    assert folded(device(ST_FAULT, applied_w=0), connect=False)[GEN_CONNECT] == 0x10


def test_the_state_told_of_several_inverters_is_that_of_the_busiest():  # R1
    assert folded(device(ST_SLEEPING), device(ST_MPPT), device(ST_STARTING))[INVERTER_STATE] == ST_MPPT
    assert folded(device(65000))[INVERTER_STATE] == 0


def test_the_order_of_the_devices_does_not_matter():  # R1
    devices = [device(st) for st in range(10)] + [battery(cha_st) for cha_st in range(8)]
    assert folded(*devices) == folded(*reversed(devices))


def test_without_a_battery_nothing_is_told_of_one():  # R1
    state = folded(device())
    assert (state[STOR_CONNECT], state[STORAGE_MODE]) == (-1, -1)


def test_a_battery_has_bits_of_its_own():  # R1
    for cha_st, bits in ((0, 0), (1, 0), (2, 3), (CHA_ST_DISCHARGING, 7), (CHA_ST_CHARGING, 7), (FULL, 3), (7, 11)):
        assert folded(battery(cha_st))[STOR_CONNECT] == bits
    silent = folded(battery(st=0))
    assert (silent[STOR_CONNECT], silent[STORAGE_MODE], silent[OPERATIONAL_MODE]) == (0, -1, 1)
    assert folded(battery(st=ST_FAULT))[STOR_CONNECT] == 0x10
    assert folded(battery(applied_w=0), connect=False)[STOR_CONNECT] == 0


def test_a_site_whose_battery_charges_at_night_operates():  # R1
    assert folded(battery(CHA_ST_CHARGING, ST_SLEEPING))[OPERATIONAL_MODE] == 2


def test_what_the_batteries_do_together():  # R1: 0 charging, 1 discharging, 2 holding
    for cha_sts, mode in (
        ((0,), -1),
        ((CHA_ST_CHARGING,), 0),
        ((CHA_ST_DISCHARGING,), 1),
        ((HOLDING,), 2),
        ((CHA_ST_CHARGING, 0, FULL), 0),
        ((HOLDING, CHA_ST_DISCHARGING), 1),
        ((CHA_ST_CHARGING, CHA_ST_DISCHARGING), 2),
        ((CHA_ST_CHARGING, CHA_ST_DISCHARGING, HOLDING), 2),
    ):
        assert folded(*[battery(cha_st) for cha_st in cha_sts])[STORAGE_MODE] == mode


def test_alarms_of_all_devices_are_told_together():  # R1, R3
    assert folded(device(alarms=2), device(alarms=0x18))[ALARM_STATUS] == 0x1A


def test_a_device_that_was_never_read_counts_for_nothing():  # R1
    assert folded(device(w_max=0, alarms=2, st=ST_FAULT)) == folded()
    assert folded(device(), device(w_max=0))[SET_MAX_W] == 10000


# --- demand response --------------------------------------------------------------------------------


def of_event(**sets):
    """Return what an event that sets these modes makes of the operational mode."""
    world = DoeWorld(storage_max_w=5000)
    world.publish(world.a, Record(mrid(1), start=1, duration=10, **sets))
    world.run(1)
    mode = demanded(world.envelope)
    world.run(11)
    assert demanded(world.envelope) == 0
    return mode


def test_demand_response_modes_are_those_of_the_national_procedures():  # R1, DRA-02, DRD-01
    assert of_event(connect=False) == 100
    assert [of_event(fixed=-percent) for percent in (1, 5000, 7500, 10000)] == [101, 102, 103, 104]
    assert [of_event(fixed=percent) for percent in (0, 5000, 7500, 10000)] == [105, 106, 107, 108]


def test_between_them_it_is_the_strictest_that_the_set_point_keeps():  # R1
    assert [of_event(fixed=-percent) for percent in (2, 5001, 7501, 9999, 12000)] == [102, 103, 0, 0, 104]
    assert [of_event(fixed=percent) for percent in (1, 2, 5001, 7501, 9999, 12000)] == [105, 106, 107, 0, 0, 108]


def test_disconnection_comes_before_a_set_point_and_other_modes_are_no_demand_response():  # R1, ALL-11
    assert of_event(connect=False, fixed=7500) == 100
    assert of_event(connect=True, fixed=7500) == 107
    assert of_event(connect=True) == of_event(energize=False) == of_event(exp=0, target=0) == 0


def test_what_holds_by_default_is_no_demand_response():  # R1
    world = DoeWorld()
    world.default(world.a, connect=False, fixed=5000)
    world.run(1)
    assert (world.envelope.connect, demanded(world.envelope)) == (False, 0)


# --- what they add up to ----------------------------------------------------------------------------


def test_ratings_and_settings_are_sums():  # R2, 002 10.3.2
    devices = [device(), device()]
    devices[1].set_max = [0, 0, 5000, 3000, 2500, 4900, 0, 0, 0]
    assert sums(devices, False)[:MIN_PF_OVER] == [0, 0, 21000, 12000, 12000, 20000, 0]
    assert sums(devices, True)[:MIN_PF_OVER] == [0, 0, 15500, 9000, 7500, 14900, 0]


def test_the_least_power_factor_is_the_one_that_all_can_do():  # R2
    other = device(rtg_max=[0, 0, 10500, 6000, 6000, 10000, 0, 900, 800])
    assert sums([device(), other], False)[MIN_PF_OVER:] == [900, 850]
    assert sums([other, device()], False)[MIN_PF_OVER:] == [900, 850]


def test_what_one_device_does_not_give_is_left_out_of_the_sum_altogether():  # R2
    lacking = device(rtg_max=[0, 0, 0, 6000, 6000, 10000, 0, 800, 0])
    total = sums([device(), lacking], False)
    assert (total[MAX_VA], total[MAX_W], total[MIN_PF_OVER], total[MIN_PF_UNDER]) == (0, 20000, 800, 0)


def test_without_any_device_there_is_no_sum():
    assert sums([], True) == [0] * 9


def test_what_is_kept_in_reserve_is_a_sum_too_and_nothing_is_something():  # R2, STO-02
    assert min_wh([device()]) == -1
    assert min_wh([battery(reserve=500), device(), battery(reserve=2000, wh=3000)]) == 1100
    assert min_wh([battery(reserve=0)]) == 0
    assert min_wh([battery(reserve=500), battery()]) == -1
    assert min_wh([battery(reserve=500, wh=0)]) == -1


def test_quantities_of_storage_are_those_of_what_stores():  # R2
    total = sums([device(), battery(), battery()], False)
    assert (total[MAX_CHARGE_RATE_W], total[MAX_WH], total[MAX_W]) == (8000, 20000, 30000)
    assert sums([battery(), battery(wh=0)], False)[MAX_WH] == 0


def test_the_state_of_charge_is_weighted_by_capacity():  # R1
    assert state_of_charge([device()]) == -1
    assert state_of_charge([battery(soc=-1)]) == -1
    assert state_of_charge([battery(soc=10000, wh=30000), battery(soc=0, wh=10000), device()]) == 7500
    assert state_of_charge([battery(soc=10000, wh=30000), battery(soc=0, wh=0)]) == 5000
    assert state_of_charge([battery(soc=4000), battery(soc=-1)]) == 4000


def test_the_type_is_told_from_what_is_there():  # R2, 002 10.3.2
    assert der_type([device()]) == DER_PV
    assert der_type([battery()]) == DER_PV_STORAGE
    assert der_type([battery(pv=False)]) == DER_STORAGE
    assert der_type([battery(pv=False), device()]) == DER_PV_STORAGE


def test_what_follows_set_points_claims_them_and_both_directions():  # E11, R2
    assert CAPABILITIES[True] == (0x0050008F, 0x0F, 1)


def test_what_can_only_be_limited_claims_set_points_as_the_ceilings_that_they_are():  # E11, R2, DRA-01, docs/site.md 8
    assert CAPABILITIES[False] == (0x0050008C, 0x05, 0)


# --- when and how it is told ------------------------------------------------------------------------


def puts(world, href):
    return [body for method, sent, body in world.utility.sent if method == "PUT" and sent == href]


def test_der_resources_are_put_status_first_when_the_list_is_polled():  # R1, R2
    world = talked()
    before = [href for method, href, _ in world.utility.sent if method == "PUT"]
    assert before[:3] == ["/d/status", "/d/set", "/d/cap"]
    world.settle(300)
    assert [href for method, href, _ in world.utility.sent if method == "PUT"] == before + before[:3]


def test_settings_follow_the_set_grad_w_of_the_default_at_once():  # R2, E12, ALL-13
    world = talked()
    assert "<setGradW>0</setGradW>" in puts(world, "/d/set")[-1]
    world.programs.set_grad_w[0] = 100
    world.settle(1)
    assert "<setGradW>100</setGradW>" in puts(world, "/d/set")[-1]


def test_an_inverter_claims_what_it_can_do_and_no_more():  # E11, R2
    world = talked()
    for name, href in (("Supported", "/d/cap"), ("Enabled", "/d/set")):
        assert "<modes%s>0050008C</modes%s>" % (name, name) in puts(world, href)[0]
        assert "<csipaus:doeModes%s>05</csipaus:doeModes%s></" % (name, name) in puts(world, href)[0]
    assert "<type>4</type>" in puts(world, "/d/cap")[0]


def test_power_factors_and_the_reserve_stand_where_the_schema_has_them():  # R2, P1, STO-02
    world = World()
    world.inverter.stores = True
    world.inverter.reserve = 500
    world.inverter.set_max[MAX_WH] = 10000
    world.settle(3)
    factors = "<setMinPFOverExcited><displacement>900</displacement><multiplier>-3</multiplier></setMinPFOverExcited>"
    assert "</setMaxWh>" + factors + "<setMinPFUnderExcited>" in puts(world, "/d/set")[0]
    assert "setMinWh" not in puts(world, "/d/set")[0]  # CSIP-AUS 1.2 has none
    assert "</rtgMinPFUnderExcited><type>" in puts(world, "/d/cap")[0]


def test_a_device_that_was_never_read_is_in_no_sum():  # R2
    world = World()
    world.devices.append(device(w_max=0, rtg_max=[0] * 9, set_max=[0] * 9, stores=True))
    world.settle(3)
    assert "<rtgMaxW><multiplier>0</multiplier><value>10000</value>" in puts(world, "/d/cap")[0]
    assert "<type>4</type>" in puts(world, "/d/cap")[0]


def test_reactive_power_received_is_negative_and_delivered_positive():  # R2
    text = puts(talked(), "/d/set")[0]
    assert "<setMaxVar><multiplier>0</multiplier><value>6000</value></setMaxVar>" in text
    assert "<setMaxVarNeg><multiplier>0</multiplier><value>-5000</value></setMaxVarNeg>" in text


def test_a_change_of_status_is_put_at_once_with_the_time_since_which_it_is_so():  # R1, ALL-07
    world = talked()
    world.inverter.st = 0
    before = len(puts(world, "/d/status"))
    world.settle(1)
    assert len(puts(world, "/d/status")) == before + 1
    since = EPOCH + NOW + 3
    assert "<genConnectStatus><dateTime>%d</dateTime><value>00</value>" % since in puts(world, "/d/status")[-1]
    world.settle(300)
    told = puts(world, "/d/status")[-1]
    assert len(puts(world, "/d/status")) == before + 2
    assert "<genConnectStatus><dateTime>%d<" % since in told
    assert "<readingTime>%d<" % since not in told


def demand(profile):
    """Return the operational modes told, each with its second, around an event that sets 75 % of generation."""
    world = World()
    world.envelope.profile = PROFILES[profile]
    event = control(1, NOW + 10, 60, 5000, extra="<opModFixedW>7500</opModFixedW>")
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [event])
    for _ in range(80):
        world.events.step(world.clock.second, True)
        world.envelope.step(1)
        world.settle(1)
    told = [body.split("<operationalModeStatus>")[1].split("</op")[0] for body in puts(world, "/d/status")]
    return sorted({(int(text[10:20]) - EPOCH - NOW, text.split("<value>")[1]) for text in told})


def test_demand_response_is_told_at_once_and_its_end_too():  # R1, DRD-01, DRG-01
    assert demand("default") == [(0, "2</value>"), (10, "107</value>"), (70, "2</value>")]


def test_a_utility_whose_handbook_knows_no_demand_response_is_told_of_none():  # R1, 002 10.3.1
    assert demand("energy-queensland") == [(0, "2</value>")]


def test_what_flaps_is_told_every_ten_seconds_and_what_remains_too():  # R1, S2
    world = talked()
    world.settle(60)
    before = len(puts(world, "/d/status"))
    for second in range(100):
        world.inverter.st = ST_FAULT if second % 2 else ST_MPPT
        world.settle(1)
    assert 10 <= len(puts(world, "/d/status")) - before <= 13
    world.inverter.st = ST_FAULT
    world.settle(11)
    assert "<value>10</value></genConnectStatus>" in puts(world, "/d/status")[-1]


def test_clouds_are_no_change_worth_a_round():  # S2
    world = talked()
    before = len(puts(world, "/d/status"))
    for second in range(60):
        world.inverter.st = ST_THROTTLED if second % 2 else ST_MPPT
        world.settle(1)
    assert len(puts(world, "/d/status")) == before


def test_a_battery_is_told_of_with_its_charge():  # R1
    world = World()
    world.inverter.stores = True
    world.inverter.soc = 4250
    world.inverter.cha_st = CHA_ST_DISCHARGING
    world.settle(3)
    status = puts(world, "/d/status")[0]
    assert "<value>4250</value></stateOfChargeStatus><storageModeStatus>" in status
    assert "<value>1</value></storageModeStatus><storConnectStatus>" in status
    assert "<value>07</value></storConnectStatus></DERStatus>" in status
    assert "<type>83</type><csipaus:doeModesSupported>05<" in puts(world, "/d/cap")[0]


def test_nothing_is_told_of_devices_that_have_not_been_read():  # R2
    world = World()
    world.inverter.w_max = 0
    world.settle(3)
    assert [href for method, href, _ in world.utility.sent if method == "PUT"] == []


def test_devices_that_become_known_are_told_of_at_once():  # R2
    world = World()
    world.inverter.w_max = 0
    world.settle(3)
    world.inverter.w_max = 10000
    world.settle(1)
    assert world.asked("PUT /d/cap") == 1


def test_a_server_that_keeps_no_der_is_not_asked_all_the_time():
    world = World()
    world.utility.documents["/ders"] = listed("DERList", [])
    world.settle(290)
    assert world.asked("GET /ders") <= 2


def test_one_that_is_refused_does_not_keep_the_others_from_being_told():  # R1, R2
    world = World()
    world.utility.statuses["/d/status"] = 400
    world.settle(3)
    assert (len(puts(world, "/d/set")), len(puts(world, "/d/cap"))) == (1, 1)
    assert "PUT /d/status was answered 400" in world.journal.faults["DERList"]
    world.settle(300)
    assert world.asked("PUT /d/status") <= 5
    del world.utility.statuses["/d/status"]
    world.settle(310)
    assert len(puts(world, "/d/status")) >= 1
    assert "DERList" not in world.journal.faults


def test_one_that_is_not_there_is_left_out():  # R2
    world = World()
    world.utility.statuses["/d/cap"] = 404
    world.utility.documents["/ders"] = listed(
        "DERList", ['<DER href="/d"><DERCapabilityLink href="/d/cap"/><DERStatusLink href="/d/status"/></DER>']
    )
    world.settle(3)
    assert len(puts(world, "/d/status")) == world.asked("PUT /d/cap") > 0
    assert puts(world, "/d/cap") == puts(world, "/d/set") == []
    assert "DERList" not in world.journal.faults


def test_a_server_that_asks_for_fewer_requests_gets_no_more_of_the_round():  # S1
    world = World()
    world.utility.statuses["/d/status"] = 429
    world.settle(3)
    assert world.asked("PUT /d/status") == 1
    assert world.asked("PUT /d/set") == 0
    del world.utility.statuses["/d/status"]
    world.settle(310)
    assert puts(world, "/d/status") and puts(world, "/d/set")


def test_a_connection_that_breaks_ends_the_round_and_the_next_tells_all():  # R1, S1
    world = talked()
    world.inverter.st = ST_FAULT
    world.utility.down = True
    world.settle(30)
    world.utility.down = False
    world.settle(60)
    assert "<value>10</value></genConnectStatus>" in puts(world, "/d/status")[-1]
    assert NS.split(" ")[0] in puts(world, "/d/status")[-1]


def der(name):
    return (
        '<DER href="/%s"><DERCapabilityLink href="/%s/cap"/><DERSettingsLink href="/%s/set"/>'
        '<DERStatusLink href="/%s/status"/></DER>'
    ) % (name, name, name, name)


def test_of_several_der_the_first_is_told_or_the_one_that_was_told_before():  # R1
    world = World()
    world.utility.documents["/ders"] = listed("DERList", [der("x"), der("y")])
    world.settle(3)
    assert puts(world, "/x/status") and not puts(world, "/y/status")
    world.utility.documents["/ders"] = listed("DERList", [der("y"), der("x")])
    world.settle(300)
    assert len(puts(world, "/x/status")) > 1
    assert not puts(world, "/y/status")
    world.utility.documents["/ders"] = listed("DERList", [der("y")])
    world.settle(300)
    assert puts(world, "/y/status") and puts(world, "/y/cap")
