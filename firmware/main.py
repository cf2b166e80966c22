"""What a board runs after boot: the gateway with the board's port and its configuration."""

import sys

from sluice.app.gateway import run

if sys.implementation.name == "micropython":
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port

if __name__ == "__main__":
    sys.exit(run(Port(), sys.argv[1] if len(sys.argv) > 1 else "gateway.json"))
