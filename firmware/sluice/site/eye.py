"""The eye: does the meter see what the DER do, and the right way round?

More generation is less import. Only what we do ourselves can tell: when what the DER are told jumps while the site is
calm, the site's power must move the other way, by as much. Clouds and loads prove nothing, for batteries, diverters
and our own control answer to them. When nothing was judged for long, or the meter was away, the eye looks: it
takes a little off the DER for some seconds. Three judgements of one kind in a row are believed.
Source: requirement C1; facts.md A5, the sign test at commissioning.
"""

from array import array

from micropython import const

from sluice_wire.limits import UNLIMITED_W

RIGHT = const(0)
REVERSED = const(1)  # it takes import for export
UNSEEING = const(2)  # it does not see the DER: another phase, or not the connection point

_SURE = const(3)  # judgements in a row
_STEP_PARTS = const(20)  # what counts as moved: 1/20 of w_max,
_STEP_MIN_W = const(200)  # and this at least
_BAND = const(5)  # what moves by less than a fifth of that in a second is calm
_NOTHING = const(50)  # a meter that says less than a fiftieth of it, all the time, sees nothing
_CALM_S = const(3)  # before a move,
_SETTLED_S = const(5)  # and after it: the meter may be late, and average
_EXPLAINS_S = const(3)  # what the site does so long after the DER moved may be their doing
_BEGINS_S = const(10)  # a move that begins later is not our doing,
_MOVE_S = const(40)  # and one that takes longer is not judged
_LOOK_S = const(1800)  # from one judgement to the next look, as long as all is well,
_AGAIN_S = const(600)  # when it was in vain, or what is wrong is known,
_SOON_S = const(60)  # and after the start or the loss of the meter, and when in doubt
_APART_S = const(50)  # judgements of something wrong that come sooner may have one cause, a load that rises slowly,
_STALE_S = const(1200)  # and those that come later are not the same story
_JUMP_PARTS = const(3)  # a load that comes at once, of more than a third of w_max, is doubted,
_DOUBT_S = const(120)  # for so long, and so is the meter after the start,
_WRONG_S = const(600)  # and so long what was judged wrong; unless it is judged right before
_AWAY_S = const(3)

_SITE, _DER, _TOLD = const(0), const(1), const(2)


class Eye:
    """Judges the meter, second by second, by the sums over all DER: their `w_max`; `der_w` that they give now, and
    `gives_w`, those that charge left out; `told_w` that they were told to give at the most in the second before."""

    def __init__(self):
        self.w_max = 0
        self.der_w = 0
        self.gives_w = 0
        self.told_w = 0
        self.scores = bytearray(3)  # what is believed; the kind of the last judgement, and how many in a row
        self.looks = True  # it may move the DER
        self.most_w = UNLIMITED_W  # what those that give may give while it looks
        self.doubt_until = _DOUBT_S  # second until which it is a reason to be careful
        self._last_w = array("i", (0, 0, 0))  # the second before, by _SITE ...
        self._moved_w = array("i", (0, 0, 0))  # since then
        self._from_w = array("i", (0, 0))  # before the move
        self._step_w = 0
        self._calm_s = 0  # for so long site and DER are calm
        self._still_s = 0  # for so long the DER have not moved, nor what they are told
        self._away_s = 0
        self._began = -1  # second in which the move began; -1 = there is none
        self._look_at = _SOON_S
        self._counts_at = 0
        self._peak_w = 0  # the most that the meter has said, either way, since the last move

    def add(self, der):
        """Add one to the sums."""
        self.w_max += der.w_max
        self.der_w += der.w
        self.gives_w += max(0, der.w)
        self.told_w += der.most_w

    def lose(self, now):
        """Meter or DER are not heard in this second."""
        self._began = -1
        self._calm_s = 0
        self._away_s += 1
        self.most_w = UNLIMITED_W
        if self._away_s > _AWAY_S:
            self._look_at = min(self._look_at, now + _SOON_S)

    def step(self, now, site_w):
        """All devices were heard in second `now`; the meter says `site_w`, + = import."""
        self._away_s = 0
        self._step_w = max(_STEP_MIN_W, self.w_max // _STEP_PARTS)
        self._move(_TOLD, self.told_w)
        if abs(self._moved_w[_TOLD]) >= self._step_w >> 1 and self._calm_s >= _CALM_S and self._began < 0:
            self._began = now
            self._from_w[_SITE] = self._last_w[_SITE]
            self._from_w[_DER] = self._last_w[_DER]
        self._move(_SITE, site_w)
        self._peak_w = max(self._peak_w, abs(site_w))
        self._move(_DER, self.der_w)
        self._watch(now, self._step_w // _BAND)
        if self._began >= 0:
            self._follow(now)
        self._look(now)

    def _move(self, what, w):
        self._moved_w[what] = w - self._last_w[what]
        self._last_w[what] = w

    def _watch(self, now, band_w):
        moved_w = self._moved_w
        self._still_s += 1
        self._calm_s += 1
        if max(abs(moved_w[_DER]), abs(moved_w[_TOLD])) > band_w:
            self._still_s = 0
        if max(abs(moved_w[_DER]), abs(moved_w[_SITE])) > band_w:
            self._calm_s = 0
        if abs(moved_w[_SITE]) > band_w and self._still_s > _EXPLAINS_S:
            self._began = -1  # a load
            self._suspect(now, band_w)

    def _suspect(self, now, band_w):
        # A load so large, or the same power the other way round: somebody may be at work at the CT.
        site_w = self._last_w[_SITE]
        moved_w = self._moved_w[_SITE]
        if moved_w > self.w_max // _JUMP_PARTS or abs(site_w) >= self._step_w and abs(2 * site_w - moved_w) <= band_w:
            self.doubt_until = max(self.doubt_until, now + _DOUBT_S)
            self._look_at = min(self._look_at, now)

    def _follow(self, now):
        moved_w = self._last_w[_DER] - self._from_w[_DER]
        if now - self._began > (_MOVE_S if abs(moved_w) > self._step_w // _BAND else _BEGINS_S):
            self._began = -1
        elif abs(moved_w) >= self._step_w and self._calm_s >= _SETTLED_S:
            self._began = -1
            answer_w = self._from_w[_SITE] - self._last_w[_SITE]
            kind = self._kind(abs(moved_w), answer_w if moved_w > 0 else -answer_w)
            self._peak_w = 0
            if kind >= 0:
                self._judge(now, kind)

    def _kind(self, moved_w, answer_w):
        if 3 * moved_w <= 5 * abs(answer_w) <= 7 * moved_w:
            return RIGHT if answer_w > 0 else REVERSED
        # A diverter or somebody else's battery holds the site near nothing, whatever the DER do.
        near_w = min(abs(self._last_w[_SITE]), abs(self._from_w[_SITE]))
        tells = near_w >= self._step_w >> 1 or self._peak_w < self._step_w // _NOTHING
        return UNSEEING if tells and 5 * abs(answer_w) <= moved_w else -1

    def _judge(self, now, kind):
        scores = self.scores
        self.most_w = UNLIMITED_W
        self.doubt_until = now + (_WRONG_S if kind else 0)
        if kind and kind == scores[1] and now < self._counts_at:
            return
        stale = kind and now - self._counts_at > _STALE_S
        self._counts_at = now + _APART_S
        scores[2] = min(_SURE, scores[2] + 1) if kind == scores[1] and not stale else 1
        scores[1] = kind
        if scores[2] == _SURE:
            scores[0] = kind
        self._look_at = now + (_SOON_S if kind != scores[0] else _AGAIN_S if kind else _LOOK_S)

    def _look(self, now):
        if self.most_w != UNLIMITED_W:
            if self._began < 0:  # in vain: a load has switched, or the DER did not move
                self.most_w = UNLIMITED_W
                self._look_at = now + (_SOON_S if now < self.doubt_until else _AGAIN_S)
        elif now >= self._look_at and self._calm_s >= _CALM_S and self._began < 0:
            if self.looks and self.gives_w >= 2 * self._step_w:
                self.most_w = self.gives_w - self._step_w - (self._step_w >> 1)
