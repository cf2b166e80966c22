"""Run by both Pythons: tell as often as said that it lives, then print that it does.

tell_alive.py TIMES
"""

import sys

if sys.implementation.name == "micropython":
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port

port = Port()
for _ in range(int(sys.argv[1])):
    port.alive()
port.print("lives")
