"""Runs the tests of the core files named until one fails; prints its name, or that all passed."""

import sys
import traceback

for module_name in sys.argv[1:]:
    module = __import__(module_name)
    for name in [name for name in dir(module) if name.startswith("test_")]:
        try:
            getattr(module, name)()
        except Exception:
            traceback.print_exc(limit=-1, file=sys.stdout)
            print("killed by", name)
            sys.exit(1)
print("all passed")
