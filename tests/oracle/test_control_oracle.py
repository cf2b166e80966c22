"""The control step over random DER, limits and readings: what must hold in every second, whatever came before."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.site.control import Control
from sluice.site.failsafe import BLIND, FALLBACK, HOLD, SEE
from sluice_wire.limits import SITE_MAX_W, UNLIMITED_W

STEP_PARTS = 100  # a load within 1/100 of the ratings is the same load
ROUNDING = 1 / 512  # of what is shared, for each battery that is told its part

WATTS = st.integers(0, 20000)
LIMIT = st.one_of(st.just(UNLIMITED_W), st.just(0), WATTS)
SETPOINT = st.one_of(st.just(UNLIMITED_W), st.just(UNLIMITED_W), st.integers(-20000, 20000))


@dataclass
class Der:
    """What the control knows of a DER."""

    w_max: int
    charge_w: int
    pv: bool
    follows: bool
    native_w: int
    reverts: bool
    stores: bool = False
    heard: bool = True
    silent_s: int = 0
    soc: int = -1
    cha_st: int = 0
    st: int = 4
    w: int = 0
    applied_w: int = -1
    fallback_w: int = 500
    least_w: int = 0
    most_w: int = 0
    connect: bool = True
    ignores: bool = False

    def __post_init__(self) -> None:
        self.stores = self.charge_w > 0
        self.follows = self.follows and self.stores
        self.pv = self.pv or not self.stores


DERS = st.lists(
    st.builds(
        Der,
        w_max=st.one_of(st.just(0), st.integers(1, 15000), st.just(SITE_MAX_W)),
        charge_w=st.one_of(st.just(0), st.integers(1, 10000)),
        pv=st.booleans(),
        follows=st.booleans(),
        native_w=st.one_of(st.just(-1), WATTS),
        reverts=st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@dataclass
class Second:
    """One second's limits and readings; the DER's as parts of what they may do, so that most of them obey."""

    trust: int
    exp_w: int
    imp_w: int
    gen_w: int
    load_w: int
    setpoint_w: int
    storage_w: int
    generate: bool
    site_w: int
    parts: list[float] = field(default_factory=list)
    heard: list[bool] = field(default_factory=list)
    soc: int = 5000


SECONDS = st.lists(
    st.builds(
        Second,
        trust=st.sampled_from((SEE, SEE, HOLD, BLIND, FALLBACK)),
        exp_w=LIMIT,
        imp_w=LIMIT,
        gen_w=LIMIT,
        load_w=LIMIT,
        setpoint_w=SETPOINT,
        storage_w=SETPOINT,
        generate=st.sampled_from((True, True, True, False)),
        site_w=st.integers(-20000, 20000),
        parts=st.lists(st.floats(-0.5, 1.5), min_size=5, max_size=5),
        heard=st.lists(st.sampled_from((True, True, True, False)), min_size=5, max_size=5),
        soc=st.sampled_from((-1, 0, 5000, 10000)),
    ),
    min_size=1,
    max_size=40,
)


class Site:
    """A control step and its DER, played second by second."""

    def __init__(self, ders: list[Der]) -> None:
        self.ders = ders
        self.control = Control(ders)
        self.control.limits.fallback_w = 1000
        self.now = 0
        self.w = self.before_w = 0

    def second(self, second: Second) -> None:
        """Take over what the second says, and step; a limit lasts for five seconds at the least."""
        limits = self.control.limits
        if self.now % 5 == 0:
            for name in ("exp_w", "imp_w", "gen_w", "load_w", "setpoint_w", "storage_w", "generate"):
                setattr(limits, name, getattr(second, name))
        for der, part, heard in zip(self.ders, second.parts, second.heard, strict=False):
            der.heard = heard and der.w_max > 0
            der.silent_s = 0 if der.heard else der.silent_s + 1
            if der.heard:
                der.w = round(max(-der.charge_w, min(part * max(der.most_w, der.w_max // 10), der.w_max)))
                der.applied_w = max(0, der.most_w)
                der.soc = second.soc if der.stores else -1
        self.before_w, self.w = self.w, sum(der.w for der in self.ders if der.w_max)
        self.control.step(self.now, second.trust, second.site_w)
        self.now += 1

    def told_w(self) -> int:
        """What those that are heard and obey may give together."""
        return sum(der.most_w for der in self.ders if der.heard and not der.ignores)

    def others_w(self) -> int:
        """What those that do not obey give."""
        return sum(max(0, der.w) for der in self.ders if der.heard and der.ignores)

    def rounding_w(self) -> float:
        """What rounding may take from the parts that batteries are told to take."""
        return len(self.ders) * (1 + ROUNDING * sum(der.charge_w for der in self.ders))


@given(DERS, SECONDS)
@settings(max_examples=300, deadline=None)
def test_without_a_meter_the_der_may_give_no_more_than_the_limits_allow(ders: list[Der], seconds: list[Second]) -> None:
    site = Site(ders)
    for second in seconds:
        site.second(second)
        limits = site.control.limits
        if second.trust >= BLIND:
            allowed_w = min(limits.exp_w, limits.gen_w, 1000 if second.trust == FALLBACK else UNLIMITED_W)
            assert site.told_w() <= max(0, allowed_w - site.others_w()) + site.rounding_w()  # C2


@given(DERS, SECONDS)
@settings(max_examples=300, deadline=None)
def test_with_a_meter_the_der_may_give_no_more_than_the_limit_and_the_load(
    ders: list[Der], seconds: list[Second]
) -> None:
    site = Site(ders)
    for second in seconds:
        site.second(second)
        limits = site.control.limits
        if second.trust == SEE:
            load_w = second.site_w + max(site.w, site.before_w) + sum(der.w_max for der in ders) // STEP_PARTS
            allowed_w = min(limits.exp_w + load_w, limits.gen_w)
            assert site.told_w() <= max(0, allowed_w - site.others_w()) + site.rounding_w()  # C1, C3


@given(DERS, SECONDS)
@settings(max_examples=300, deadline=None)
def test_windows_are_windows_inside_the_ratings(ders: list[Der], seconds: list[Second]) -> None:
    site = Site(ders)
    for second in seconds:
        site.second(second)
        for der in ders:
            assert -der.charge_w <= der.least_w <= der.most_w <= der.w_max
            assert der.charge_w or der.least_w <= 0 <= der.most_w
            assert site.control.limits.generate or (der.least_w, der.most_w) == (0, 0) or not der.w_max  # C4


@given(DERS, SECONDS)
@settings(max_examples=300, deadline=None)
def test_charging_stays_inside_the_load_limit(ders: list[Der], seconds: list[Second]) -> None:
    site = Site(ders)
    for second in seconds:
        site.second(second)
        taking_w = -sum(der.least_w for der in ders if der.heard and not der.ignores)
        assert taking_w <= site.control.limits.load_w  # C3


@given(DERS, SECONDS)
@settings(max_examples=100, deadline=None)
def test_the_same_seconds_give_the_same_decisions(ders: list[Der], seconds: list[Second]) -> None:
    played = []
    for _ in range(2):
        site = Site([Der(d.w_max, d.charge_w, d.pv, d.follows, d.native_w, d.reverts) for d in ders])
        told = []
        for second in seconds:
            site.second(second)
            told.append([(der.least_w, der.most_w, der.connect) for der in site.ders])
        played.append(told)
    assert played[0] == played[1]
