"""Mistakes in `doe/` that somebody could make: each is made, one at a time, and the tests of the core must notice.

A mutant is a piece of a file and what stands there instead; that the piece is there exactly once is checked, so a
mutant cannot be outlived by the code it spoils.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).parent / "run_tests.py"
TESTS = ("test_figures", "test_events", "test_room", "test_envelope", "test_responses", "test_memory")


class Mutant(NamedTuple):
    what: str
    file: str
    old: str
    new: str


MUTANTS = (
    Mutant("the higher primacy value wins", "schedule", "return mine < its", "return mine > its"),
    Mutant("the earlier creation wins", "schedule", "return mine > its", "return mine < its"),
    Mutant(
        "a tie goes to the lesser mRID",
        "schedule",
        "return mrids[at + i] > mrids[other + i]",
        "return mrids[at + i] < mrids[other + i]",
    ),
    Mutant(
        "an event is in force one second too long",
        "schedule",
        "table.begin[row] <= t < table.end[row]:",
        "table.begin[row] <= t <= table.end[row]:",
    ),
    Mutant(
        "an event begins one second too late",
        "schedule",
        "table.begin[row] <= t < table.end[row]:",
        "table.begin[row] < t < table.end[row]:",
    ),
    Mutant(
        "modes are not decided apart",
        "schedule",
        "table.phase[row] and table.modes[row] >> mode & 1 and table.begin[row]",
        "table.phase[row] and table.begin[row]",
    ),
    Mutant("what is to be dropped resumes", "schedule", "if table.resume or _runs(table, row, mode, t):", "if True:"),
    Mutant(
        "an equal primacy overlaps as a lower one",
        "schedule",
        ">= primacy[table.program[row]]:",
        "> primacy[table.program[row]]:",
    ),
    Mutant(
        "an overlap is forgotten when the better has ended",
        "events",
        "self.lost[other] |= self.modes[row] & self.modes[other]",
        "pass",
    ),
    Mutant("the newcomer always gives way", "table", "row = self._needed_last(now)", "row = MAX_EVENTS"),
    Mutant("the event needed first gives way", "table", "if need > latest or", "if need < latest or latest < 0 or"),
    Mutant("what gives way is forgotten by the coverage", "staged", "self.gap = min(self.gap, need)", "pass"),
    Mutant(
        "the coverage ignores random parts",
        "table",
        "self.slack_s = max(self.slack_s, self.own_slack(row))",
        "pass",
    ),
    Mutant(
        "events go on after their coverage",
        "events",
        "holds = not self.lapsed() and not self.dark",
        "holds = not self.dark",
    ),
    Mutant(
        "events hold without grid",
        "events",
        "        for program in range(MAX_PROGRAMS):\n            self.drop_program(program)\n",
        "        for program in range(MAX_PROGRAMS):\n",
    ),
    Mutant("lists are taken in without grid", "events", "        if self.dark:\n            return\n", ""),
    Mutant("a list is wanted only when it is too late", "events", "_WANTED_S = const(30)", "_WANTED_S = const(0)"),
    Mutant(
        "what hid others may go unnoticed",
        "events",
        "self.gap[other] = min(self.gap[other], self._now + _WANTED_S)",
        "pass",
    ),
    Mutant(
        "successive events do not share an edge",
        "table",
        "return edge if edge >= 0 else self.own_begin(row)",
        "return self.own_begin(row)",
    ),
    Mutant(
        "any event of the program counts as the one before",
        "table",
        "            and self.modes[other] & self.modes[row] != 0\n",
        "",
    ),
    Mutant(
        "a cancelled event leaves its edge behind",
        "staged",
        "        self.news[held] = status\n",
        "        self.news[held] = status if status != 2 else 0\n",
    ),
    Mutant(
        "edges drift without end",
        "table",
        "        bound = self._specified_end(row, -RANDOMIZE_MAX_S, 0)\n        end = max(end, bound)\n",
        "",
    ),
    Mutant(
        "the random start is drawn without regard to its sign",
        "draws",
        "return kind if bound >= 0 else -kind",
        "return kind",
    ),
    Mutant("all events draw alike", "draws", "state = _mixed(state, mrid[at])", "state = _mixed(state, 0)"),
    Mutant(
        "cancelled with randomisation ends at once",
        "events",
        "elif status == CANCELLED_RANDOMIZED and in_force:",
        "elif False:",
    ),
    Mutant(
        "cancelled with randomisation is answered as completed",
        "events",
        "        if self.status[row] == CANCELLED_RANDOMIZED:\n",
        "        if False:\n",
    ),
    Mutant(
        "what replaces a superseded event waits for its random start",
        "events",
        "self._hurry |= self.modes[row]",
        "pass",
    ),
    Mutant(
        "an unknown status ends an event",
        "table",
        "return CANCELLED <= status <= SUPERSEDED",
        "return CANCELLED <= status",
    ),
    Mutant("old copies count", "staged", "elif record.version >= events.version[held]:", "else:"),
    Mutant(
        "changed times are not taken over",
        "events",
        "        if same_each(self.times, row, staged.times, other):\n",
        "        if True:\n",
    ),
    Mutant("what is over comes back", "events", "return i >= 0 and self.answered.said[i] & DONE != 0", "return False"),
    Mutant(
        "an event that is over is taken in",
        "staged",
        "return record.duration <= 0 or record.duration <= now - record.start",
        "return False",
    ),
    Mutant(
        "received is said at every reading",
        "events",
        "        if self.said[row] >> status & 1:\n            return\n",
        "",
    ),
    Mutant(
        "started is said before the devices hold the limit",
        "events",
        "if self._owing and applied and now > self._began:",
        "if self._owing:",
    ),
    Mutant(
        "superseded is said when one mode is taken over",
        "events",
        "                if best < 0 or not beats(self, best, row):\n                    return False\n        return",
        "                if best >= 0 and beats(self, best, row):\n                    return True\n        return",
    ),
    Mutant(
        "completed is said of what was taken over to its end",
        "events",
        "if self.deciding[row] or not self.said[row] >> EVENT_SUPERSEDED & 1:",
        "if True:",
    ),
    Mutant(
        "responses are sent whether asked for or not",
        "events",
        "if self._to and self.response_required[row] & _asked(status):",
        "if self._to:",
    ),
    Mutant(
        "responses are tried for ever",
        "responses",
        "while self.count[0] and now - self.time[0] >= TRIED_S:",
        "while False:",
    ),
    Mutant(
        "the default of the last program holds",
        "programs",
        "return self.primacy[slot] < self.primacy[other]",
        "return self.primacy[slot] > self.primacy[other]",
    ),
    Mutant(
        "the fixed limit goes before the default",
        "envelope",
        "return DEFAULT - slot if slot >= 0 else FIXED",
        "return FIXED",
    ),
    Mutant(
        "a falling limit is rounded up",
        "envelope",
        "self.limit_w = self.origin_w - self.moved_w - (1 if self.rest else 0)",
        "self.limit_w = self.origin_w - self.moved_w",
    ),
    Mutant(
        "rampTms of the event is ignored",
        "envelope",
        "tms = self.events.ramp_tms[source] if source >= 0 else -1",
        "tms = -1",
    ),
    Mutant(
        "changes between events ramp whatever the profile says",
        "envelope",
        "if source >= 0 and before >= 0 and not self.profile.ramp_active:",
        "if False:",
    ),
    Mutant("a cut by loss is slowed", "envelope", "self.limit_w = min(self.limit_w, self.target_w)", "pass"),
    Mutant(
        "absent setGradW is no ramp",
        "programs",
        "return self.set_grad_w[best] if best >= 0 else SET_GRAD_W_DEFAULT",
        "return self.set_grad_w[best] if best >= 0 else 0",
    ),
    Mutant(
        "opModMaxLimW does not limit the export",
        "envelope",
        "return min(limit_w, self.ramps[MAX_LIM].limit_w) if mode == EXP_LIM else limit_w",
        "return limit_w",
    ),
)


def tried(firmware: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests on the sources in `firmware`."""
    path = [firmware, ROOT / "firmware" / "cpython", ROOT / "shared", ROOT / "tests" / "core"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(RUNNER), *TESTS]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def copied(directory: Path) -> Path:
    shutil.copytree(ROOT / "firmware" / "sluice", directory / "sluice", ignore=shutil.ignore_patterns("__pycache__"))
    return directory


def test_the_tests_pass_where_nothing_is_spoilt(tmp_path: Path) -> None:
    done = tried(copied(tmp_path))
    assert (done.stdout, done.returncode) == ("all passed\n", 0), done.stderr


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_is_noticed(mutant: Mutant, tmp_path: Path) -> None:
    file = copied(tmp_path) / "sluice" / "doe" / f"{mutant.file}.py"
    text = file.read_text()
    assert text.count(mutant.old) == 1, f"{mutant.old!r} is in doe/{mutant.file}.py {text.count(mutant.old)} times"
    file.write_text(text.replace(mutant.old, mutant.new))
    done = tried(tmp_path)
    assert done.returncode == 1, done.stdout
    assert "killed by test_" in done.stdout, done.stdout + done.stderr
