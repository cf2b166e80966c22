"""Runs the tests of one core file on MicroPython: run_micropython.py MARK MODULE TEST...

One process for a whole file, because starting is most of the cost. Every test is framed by two lines that begin
with MARK; what stands between them is its own output, and the traceback if it failed. conftest.py reads this.
"""

import gc
import sys

mark = sys.argv[1]
module = __import__(sys.argv[2])
for name in sys.argv[3:]:
    gc.collect()
    print(mark + "begin", name)
    try:
        getattr(module, name)()
    except Exception as error:
        sys.print_exception(error)
        print(mark + "failed", name)
    else:
        print(mark + "passed", name)
