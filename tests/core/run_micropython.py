"""Runs the tests of one core file on MicroPython: run_micropython.py MODULE TEST...

One process for a whole file, because starting is most of the cost. Every test is framed by two lines that begin
with MARK; what stands between them is its own output, and the traceback if it failed. conftest.py reads this.
"""

import gc
import sys

MARK = "\x01"

module = __import__(sys.argv[1])
for name in sys.argv[2:]:
    gc.collect()
    print(MARK + "begin", name)
    try:
        getattr(module, name)()
    except Exception as error:
        sys.print_exception(error)
        print(MARK + "failed", name)
    else:
        print(MARK + "passed", name)
