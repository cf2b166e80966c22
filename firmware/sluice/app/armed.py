"""Whether this site's wiring and fall-back have been proved: the record of the last commissioning, if it passed.

It counts for what it was proved with. With another limit of the connection agreement, another meter or inverter, or a
meter that the configuration reverses it does not, and until the next commissioning the fixed limits hold.
Source: facts A3, A5; requirement C2.
"""

import json

_RECORD = "/commissioned.json"
_PENDING = "/commissioning.json"  # what was proved before the gateway was killed


def proved_with(config):
    """Return what a record counts for, out of the checked configuration."""
    return {"site": config["site"], "meter": config["meter"], "inverters": config["inverters"]}


def commissioned(port, state, config):
    """Tell whether the last commissioning passed, with this configuration. `state`: the folder of the records."""
    return _read(port, state + _RECORD).get("proved_with") == proved_with(config)


def pending(port, state, config):
    """Return what was proved before the gateway was killed, or None."""
    record = _read(port, state + _PENDING)
    return record if record.get("proved_with") == proved_with(config) else None


def void(port, state):
    """Nothing is proved any more. OSError if that cannot be written."""
    port.make_folder(state)
    for name in (_RECORD, _PENDING):
        port.replace_file(state + name, (b"{}",))


def interrupt(port, state):
    """The gateway speaks to the inverters: that they were left alone since the first half does not hold any more."""
    if _read(port, state + _PENDING):
        try:
            port.remove_file(state + _PENDING)
        except OSError:
            pass  # then the second half cannot write what it has found, either


def keep(port, state, config, figures, passed):
    """Write what was proved: `figures`, a dict; `passed`: all of it. OSError if that cannot be."""
    record = {"proved_with": proved_with(config)}
    record.update(figures)
    port.make_folder(state)
    port.replace_file(state + (_RECORD if passed else _PENDING), (json.dumps(record).encode(),))


def _read(port, name):
    try:
        record = json.loads(port.read_file(name))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
