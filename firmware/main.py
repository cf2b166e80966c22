"""What a board runs after boot: the gateway with the board's port and its configuration.

main.py [CONFIG [--console LINE]]       run the gateway; the configuration is gateway.json unless CONFIG is given; LINE
                                        is a tty, - for stdin and stdout, or where to link a pseudo-terminal
main.py CONFIG commission [fallback]    prove what is wired and set; afterwards, what holds without gateway
main.py --new-key NAME                  make this device's key, NAME.key, and its certificate's request, NAME.csr
"""

import gc
import sys

if sys.implementation.name == "micropython":
    # What lives long shall lie close together: collected only when the heap is full, garbage would lie in between.
    gc.threshold(8192)
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port


def main(port, arguments):
    """Do what the arguments say and return the exit code."""
    if arguments[:1] == ["--new-key"]:
        if len(arguments) != 2:
            port.print("--new-key wants the name of the two files, without .key and .csr")
            return 2
        from sluice.app.enrol import new_key

        return new_key(port, arguments[1])
    if arguments[1:] in (["commission"], ["commission", "fallback"]):
        from sluice.app.commission import run

        return run(port, arguments[0], len(arguments) == 3)
    config_name = arguments[0] if arguments else "gateway.json"
    if arguments[1:2] == ["--console"] and len(arguments) == 3:
        from sluice.app.start import run_with_console

        return run_with_console(port, config_name, arguments[2])
    from sluice.app.start import run

    return run(port, config_name)


if __name__ == "__main__":
    sys.exit(main(Port(), sys.argv[1:]))
