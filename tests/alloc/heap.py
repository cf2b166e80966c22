"""Measures what calls take of the heap, and prints a line of JSON for each: heap.py MODULE CASE...

Every case is measured twice over: by the bytes allocated since the start, which grow with every object, big frame
and exception, and never shrink; and with the heap locked, where the first object stops the call and tells its line.
A case is a function of the module that prepares and gives back (call, what it returns), and for a call that must
raise a third, `like`: it may take no more than `like()` takes. Warmed up first: what is made once is not taken
again and again.
"""

import gc
import json
import sys
from io import StringIO

from micropython import heap_lock, heap_unlock, mem_total


def taken(call):
    """Return the bytes that one `call()` allocates."""
    before = mem_total()
    call()
    return mem_total() - before


def stopped(call):
    """Return the traceback of the first object that `call()` asks for, "" if it needs none."""
    caught = None
    heap_lock()
    try:
        call()
    except MemoryError as error:
        caught = error
    finally:
        heap_unlock()
    return traceback(caught) if caught else ""


def traceback(error):
    """Return the traceback of an exception as text."""
    text = StringIO()
    sys.print_exception(error, text)
    return text.getvalue()


def twin(call):
    """Return the same call, but it takes one object besides, as small as there is."""

    def also():
        call()
        return (call,)

    return also


def figures(case):
    """Return what is said of a case."""
    call, gives, *like = case()
    for _ in range(2):
        gave = call()
        assert gave == gives, f"it gave {gave!r}"
    other = twin(call)
    said = {"taken": taken(call), "allowed": 0, "stopped": "", "twin": taken(other), "twin_stopped": "raises anyway"}
    if like:
        like[0]()
        said["allowed"] = taken(like[0])
    else:
        said["stopped"] = stopped(call)
        said["twin_stopped"] = stopped(other)
    assert call() == gives, "not the same when it is called again"
    return said


def main():
    """Measure the cases that were named."""
    module = __import__(sys.argv[1])
    for name in sys.argv[2:]:
        gc.collect()
        try:
            said = figures(getattr(module, name))
        except Exception as error:
            said = {"error": traceback(error)}
        print(json.dumps([name, said]))


main()
