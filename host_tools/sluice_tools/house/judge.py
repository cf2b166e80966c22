"""Whether the limit held, and what it cost: from what flowed, and from what the scenario promised.

An excursion is a run of seconds with the export above the ramped limit by more than 4 % of the inverter's rating;
AS/NZS 4777.2 (6.2.2) gives 15 s to come back, so an excursion's seconds count from the sixteenth on. The energy
that was possible is the sun after the load, up to the limit and what batteries could take; export above the limit
earns nothing here. The other limits have the same tolerance and grace; the import limit binds what is managed, so that
only what charging adds is over it. The judge hears nothing from the gateway.
"""

from sluice_tools.promise import EXPORT, GENERATION, IMPORT, LOAD

TOLERANCE_PCT = 4
GRACE_S = 15


class Excursions:
    """Counts the seconds over the limit that the grace does not cover."""

    def __init__(self, rating_w: float) -> None:
        self._tolerance_w = rating_w * TOLERANCE_PCT / 100
        self._run_s = 0
        self.seconds_over_limit = 0

    def second(self, export_w: float, limit_w: float) -> None:
        """One second's export and the limit that held then (`math.inf`: none)."""
        self._run_s = self._run_s + 1 if export_w > limit_w + self._tolerance_w else 0
        if self._run_s > GRACE_S:
            self.seconds_over_limit += 1


KINDS = {EXPORT: "export", IMPORT: "import", GENERATION: "generation", LOAD: "load"}


class Watch:
    """Excursions over limits of every mode in `KINDS`."""

    def __init__(self, rating_w: float) -> None:
        self._excursions = {mode: Excursions(rating_w) for mode in KINDS}

    def second(self, mode: str, limit_w: float, site_w: float, der_w: float) -> None:
        """One second: the limit of `mode`, the site's import (`-`: export), the DERs' sum (`-`: they charge)."""
        if mode == EXPORT:
            w = -site_w
        elif mode == IMPORT:
            w = min(site_w, limit_w + max(0.0, -der_w))
        else:
            w = der_w if mode == GENERATION else -der_w
        self._excursions[mode].second(w, limit_w)

    def over_s(self, mode: str) -> int:
        """The seconds over the limit of `mode` that the grace does not cover."""
        return self._excursions[mode].seconds_over_limit


class Judge:
    """Watches the house, and beside it the same house without a gateway."""

    def __init__(self, rating_w: float) -> None:
        self._with_gateway = Excursions(rating_w)
        self.watch = Watch(rating_w)  # of the limits other than that on export
        self._without_gateway = Excursions(rating_w)
        self._delivered_ws = 0.0
        self._permitted_ws = 0.0
        self._limited_delivered_ws = 0.0  # of the seconds in which the limit binds
        self._limited_permitted_ws = 0.0
        self._over_ws = 0.0

    def second(self, *, export_w: float, untouched_export_w: float, limit_w: float) -> None:
        """One second: what was exported, what the inverter left alone would have exported, what was permitted."""
        self.export(export_w, untouched_export_w, limit_w)
        self.energy(export_w, untouched_export_w, limit_w)

    def export(self, export_w: float, untouched_export_w: float, limit_w: float) -> None:
        """One second of the connection point."""
        self._with_gateway.second(export_w, limit_w)
        self._without_gateway.second(untouched_export_w, limit_w)
        self._over_ws += max(0.0, export_w - limit_w)

    def energy(self, surplus_w: float, offered_w: float, room_w: float) -> None:
        """One second of the sun after the load: what was left of it, what there was, and what had somewhere to go:
        the limit, and what batteries could take."""
        delivered_w = max(0.0, min(surplus_w, room_w))
        permitted_w = max(0.0, min(offered_w, room_w))
        self._delivered_ws += delivered_w
        self._permitted_ws += permitted_w
        if offered_w > room_w:
            self._limited_delivered_ws += delivered_w
            self._limited_permitted_ws += permitted_w

    @property
    def energy_delivered_ratio(self) -> float:
        """Energy exported or stored over what envelope, sun and cells allowed; 1 when nothing was possible."""
        return self._delivered_ws / self._permitted_ws if self._permitted_ws else 1.0

    @property
    def energy_delivered_ratio_when_limited(self) -> float:
        """The same, of the seconds in which the inverter left alone would have been over the limit."""
        return self._limited_delivered_ws / self._limited_permitted_ws if self._limited_permitted_ws else 1.0

    def report(self) -> dict[str, float]:
        """The verdict, JSON-able; energies in watt-hours."""
        return {
            "seconds_over_limit": self._with_gateway.seconds_over_limit,
            "seconds_over_limit_without_gateway": self._without_gateway.seconds_over_limit,
            "seconds_over_import_limit": self.watch.over_s(IMPORT),
            "seconds_over_generation_limit": self.watch.over_s(GENERATION),
            "seconds_over_load_limit": self.watch.over_s(LOAD),
            "energy_delivered_ratio": round(self.energy_delivered_ratio, 4),
            "energy_delivered_ratio_when_limited": round(self.energy_delivered_ratio_when_limited, 4),
            "energy_over_limit_wh": round(self._over_ws / 3600, 1),
            "energy_delivered_wh": round(self._delivered_ws / 3600),
            "energy_permitted_wh": round(self._permitted_ws / 3600),
        }
