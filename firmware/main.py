"""What a board runs after boot: the gateway with the board's port and its configuration."""

import gc
import sys

if sys.implementation.name == "micropython":
    # What lives long shall lie close together: collected only when the heap is full, garbage would lie in between.
    gc.threshold(8192)
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port

from sluice.app.gateway import run

if __name__ == "__main__":
    sys.exit(run(Port(), sys.argv[1] if len(sys.argv) > 1 else "gateway.json"))
