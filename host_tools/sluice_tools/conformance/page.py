"""The evidence of all plays as one HTML file with nothing beside it.

First which client was tested and what failed and why, then each play, folded: its criteria, steps, picture, messages
and journal. What stands in it is foreign text and escaped; whole messages lie packed in it (zlib, base64) until
somebody opens their line, or all polls would be a hundred megabytes.
"""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from pathlib import Path

from sluice_tools.conformance.folding import Line, fold
from sluice_tools.conformance.plot import clock, operators, svg
from sluice_tools.conformance.record import (
    FAIL,
    PASS,
    UNSUPPORTED,
    WORST_FIRST,
    Client,
    Deed,
    Message,
    Play,
    Verdict,
    reasons,
    results,
)
from sluice_tools.paper import facts, head, spaced

WORDS = {PASS: "passed", FAIL: "failed", UNSUPPORTED: "not supported"}
SIGNS = {PASS: "✓", FAIL: "✗", UNSUPPORTED: "–"}
HERE = Path(__file__)


def write(path: Path, plays: Sequence[Play], client: Client) -> None:
    """Write the page of `plays` to `path`; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(plays, client), encoding="utf-8")


def page(plays: Sequence[Play], client: Client) -> str:
    """Give the page; the same for the same plays in whatever order."""
    return "\n".join(_lines(sorted(plays, key=lambda play: (play.procedure, play.version)), client))


def _lines(plays: Sequence[Play], client: Client) -> Iterable[str]:
    title = f"CSIP-AUS conformance of {client.name}"
    yield head(title, HERE.with_suffix(".css").read_text()) + f"<body>\n<h1>{escape(title)}</h1>"
    yield facts(_client(client))
    yield _verdict(plays)
    yield from _failures(plays)
    yield from _unsupported(plays)
    yield from _overview(plays)
    yield "<h2>Each play</h2>"
    yield from _filter(plays)
    yield "<div id=plays>"
    for _, versions in groupby(plays, key=lambda play: play.procedure):
        for i, play in enumerate(versions):
            anchor = f'<a id="{escape(play.procedure)}"></a>' if i == 0 else ""
            yield anchor + "\n".join(_play(play))
    yield (
        "</div>\n<footer>Times are hours, minutes and seconds since the procedure was initialised. National criteria "
        f"are those of cactus-test-definitions {escape(client.package)}; ours judge what flowed, which the national "
        "engine leaves to a person. A play passes if both hold. Printed is what is open.</footer>"
    )
    yield f"<script>\n{HERE.with_suffix('.js').read_text()}</script></body></html>\n"


# --- the whole ------------------------------------------------------------------------------------------


def _client(client: Client) -> Iterable[tuple[str, str]]:
    yield "Client", client.name
    yield "Firmware", client.firmware
    yield "CSIP-AUS", ", ".join(client.versions)
    yield "Classes claimed", ", ".join(client.classes)
    yield "Procedures", f"cactus-test-definitions {client.package}"
    yield "How", client.how
    yield "Played", f"{client.played.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _verdict(plays: Sequence[Play]) -> str:
    """Give how many procedures passed: a procedure does if all its plays do, as in report.json."""
    found = results(plays)
    counts = Counter(found.values())
    told = ", ".join(f"{counts[result]} {WORDS[result]}" for result in WORDS if counts[result])
    kind = "passed" if counts[PASS] and not counts[FAIL] else "failed"
    of = f"<br><small>of {len(found)} procedures; {len(plays)} plays, one for each version</small>"
    return f'<div class="verdict {kind}">{told or "Nothing was played"}{of}</div>'


def _failures(plays: Sequence[Play]) -> Iterable[str]:
    """Give what failed and why; what failed alike in both versions is told once."""
    told: dict[tuple[str, Verdict], list[Play]] = {}
    for play in plays:
        for verdict in _failed(play) if play.result == FAIL else ():
            told.setdefault((play.procedure, verdict), []).append(play)
    if told:
        yield "<h2>What failed</h2><table class=failures><tr><th>Procedure</th><th>Criterion</th><th>Why</th></tr>"
        for (_, verdict), those in told.items():
            check = escape(verdict.check) + (" (ours)" if verdict.ours else "")
            links = "<br>".join(map(_link, those))
            yield f"<tr><td class=at>{links}</td><td>{check}</td><td>{_text(verdict.detail)}</td></tr>"
        yield "</table>"


def _failed(play: Play) -> list[Verdict]:
    return [verdict for verdict in play.criteria if verdict.result != PASS] or [Verdict("", FAIL, play.reason)]


def _unsupported(plays: Sequence[Play]) -> Iterable[str]:
    why = reasons(plays)
    if why:
        yield "<h2>What is not supported</h2><table><tr><th>Why</th><th>Procedures</th></tr>"
        for reason, those in why.items():
            links = ", ".join(f'<a href="#{id_}">{id_}</a>' for id_ in map(escape, those))
            yield f"<tr><td>{_text(reason)}</td><td>{links}</td></tr>"
        yield "</table>"


def _overview(plays: Sequence[Play]) -> Iterable[str]:
    yield "<h2>All</h2><table class=chips><tr><th>CSIP-AUS</th><th>Procedures</th></tr>"
    for version in sorted({play.version for play in plays}):
        those = [play for play in plays if play.version == version]
        counts = Counter(play.result for play in those)
        told = "<br>".join(f"<span class={r}>{counts[r]} {WORDS[r]}</span>" for r in WORDS if counts[r])
        chips = " ".join(
            f'<a class={play.result} href="#{_id(play)}">{SIGNS[play.result]} {escape(play.procedure)}</a>'
            for play in those
        )
        yield f"<tr><td class=at>{escape(version)}<br>{told}</td><td>{chips}</td></tr>"
    yield "</table>"


def _filter(plays: Sequence[Play]) -> Iterable[str]:
    counts = {"all": len(plays), **{result: sum(play.result == result for play in plays) for result in WORST_FIRST}}
    for name, count in counts.items():
        checked = " checked" if name == "all" else ""
        yield f'<input type=radio name=only id="only-{name}"{checked}>'
        yield f'<label for="only-{name}" class=screen>{WORDS.get(name, name)} ({count})</label>'
    yield '<button id="open-all" class=screen>open all</button> <button id="close-all" class=screen>close all</button>'


def _link(play: Play) -> str:
    return f'<a href="#{_id(play)}">{escape(play.procedure)} {escape(play.version)}</a>'


def _id(play: Play) -> str:
    return escape(f"{play.procedure}-{play.version}")


def _text(text: str) -> str:
    return spaced(escape(text))


# --- a play ---------------------------------------------------------------------------------------------


def _play(play: Play) -> Iterable[str]:
    met = sum(verdict.result == PASS for verdict in play.criteria)
    told = play.reason or f"{met} of {len(play.criteria)} criteria, {clock(play.virtual_seconds)}"
    told = " · ".join(filter(None, [play.description, told]))
    opened = " open" if play.result == FAIL else ""
    yield f'<details class="play {play.result}" id="{_id(play)}" data-procedure="{escape(play.procedure)}"{opened}>'
    yield (
        f"<summary><b>{escape(play.procedure)} {escape(play.version)}</b> <span class=result>{SIGNS[play.result]} "
        f"{WORDS[play.result]}</span> <small>{escape(told)}</small></summary>"
    )
    if play.virtual_seconds:
        yield f"<p class=quiet>{_course(play)}</p>{_instructions(play.instructions)}"
    yield from _criteria("National criteria", [verdict for verdict in play.criteria if not verdict.ours])
    yield from _criteria("Our criteria", [verdict for verdict in play.criteria if verdict.ours])
    yield from _steps(play)
    if picture := svg(play):
        yield f"<h3>What flowed</h3><div class=scroll>{picture}</div>"
    yield from _operator(play)
    yield from _messages(play)
    yield from _journal(play)
    yield "</details>"


def _course(play: Play) -> str:
    began = datetime.fromtimestamp(play.start_s, UTC)
    started = "never started" if play.started_s is None else f"started by the operator at {clock(play.started_s)}"
    if play.started_s == 0:
        started = "started at once"
    return (
        f"Initialised at {began:%Y-%m-%d %H:%M:%S} UTC ({play.start_s}), {started}, "
        f"ended at {clock(play.virtual_seconds)}."
    )


def _criteria(title: str, verdicts: Sequence[Verdict]) -> Iterable[str]:
    if verdicts:
        yield f"<h3>{title}</h3><table class=criteria>"
        for verdict in verdicts:
            yield (
                f'<tr><td class="mark {verdict.result}">{SIGNS[verdict.result]} {WORDS[verdict.result]}</td>'
                f"<td>{escape(verdict.check)}</td><td>{_text(verdict.detail)}</td></tr>"
            )
        yield "</table>"


def _instructions(texts: Iterable[str]) -> str:
    told = "".join(f"<li>{_text(text)}</li>" for text in texts)
    return f"<ul class=quiet>{told}</ul>" if told else ""


def _steps(play: Play) -> Iterable[str]:
    if play.steps:
        yield "<h3>Steps</h3><table><tr><th>Step</th><th>Opened</th><th>Done</th></tr>"
        for step in play.steps:
            opened, done = ("–" if at is None else clock(at) for at in (step.opened_s, step.done_s))
            name = escape(step.name) + _instructions(step.instructions)
            yield f"<tr><td>{name}</td><td class=at>{opened}</td><td class=at>{done}</td></tr>"
        yield "</table>"


def _operator(play: Play) -> Iterable[str]:
    deeds = operators(play)
    if deeds:
        yield "<h3>What the operator did</h3><table>"
        for number, deed in deeds:
            yield f"<tr><td class=at>{number}</td><td class=at>{clock(deed.t_s)}</td><td>{_text(deed.text)}</td></tr>"
        yield "</table>"


def _messages(play: Play) -> Iterable[str]:
    if not play.messages:
        return
    faulty = sum(bool(message.faults) for message in play.messages)
    refused = sum(message.status >= 400 for message in play.messages)
    counts = {"": len(play.messages), " with schema faults": faulty, " answered with an error": refused}
    told = ", ".join(
        f"{count} {'messages' * (not what)}{what}".replace("  ", " ") for what, count in counts.items() if count
    )
    yield f"<details class=part><summary>Messages <small>({told})</small></summary>"
    lines = [(play.messages[line.places[0]].t_s, _line(line, play.messages)) for line in fold(play.messages)]
    deeds = [(deed.t_s, _deed(deed)) for deed in play.deeds]
    yield from (text for _, text in sorted([*deeds, *lines], key=lambda entry: entry[0]))
    yield f'<script class=packed type="text/plain">{_packed(play.messages)}</script></details>'


def _line(line: Line, messages: Sequence[Message]) -> str:
    first, last, count = messages[line.places[0]], messages[line.places[-1]], len(line.places)
    request = f"{first.method} {first.target}"
    if count > 1:
        until = f", until {clock(last.t_s)}" if clock(last.t_s) != clock(first.t_s) else ""
        request = f"{count} × {request} {line.rhythm}".rstrip() + until
    bad = " bad" if first.faults or first.status >= 400 else ""
    remarks = [f"step {first.step}" if first.step else line.gist, *first.faults]
    return (
        f'<details class="line{bad}{" fired" * bool(first.step)}" data-n="{" ".join(map(str, line.places))}"><summary>'
        f"<span>{clock(first.t_s)}</span><span>{_text(request)}</span><span>{first.status}</span>"
        f"<span>{'<br>'.join(escape(remark) for remark in remarks if remark)}</span></summary></details>"
    )


def _deed(deed: Deed) -> str:
    told = f"<span>{clock(deed.t_s)}</span><span>{escape(deed.who)}: {_text(deed.text)}</span>"
    return f'<div class="deed {escape(deed.who)}">{told}</div>'


def _packed(messages: Sequence[Message]) -> str:
    """Give all messages as page.js unpacks them; each text is there once."""
    texts: dict[bytes, int] = {b"": -1}
    entries = []
    for message in messages:
        body, answer = (texts.setdefault(text, len(texts) - 1) for text in (message.body, message.answer))
        time = f"{clock(message.t_s)}.{int(message.t_s * 10) % 10}"
        entries.append((time, f"{message.method} {message.target}", message.status, body, answer))
    told = [text.decode(errors="backslashreplace") for text in texts][1:]
    return base64.b64encode(zlib.compress(json.dumps({"texts": told, "messages": entries}).encode(), 9)).decode()


def _journal(play: Play) -> Iterable[str]:
    if play.journal:
        lines = "\n".join(f"{clock(t_s)}  {escape(text)}" for t_s, text in play.journal)
        count = f"<small>({len(play.journal)} lines)</small>"
        yield f"<details class=part><summary>Journal of the gateway {count}</summary><pre>{lines}</pre></details>"
