"""Run by both Pythons: hold a console, and do what is asked there.

hold_console.py NAME

"hex ..." is answered with the bytes that came; "flood" writes 100 KB and then prints so; "idle" waits a while with
nobody there and prints the hundredths of a second of processor time that took; "quit" ends.
"""

import asyncio
import binascii
import sys

if sys.implementation.name == "micropython":
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port


def processor_time():
    with open("/proc/self/stat") as file:
        return sum([int(field) for field in file.read().split()[13:15]])


async def idle(port):
    before = processor_time()
    await port.sleep_ms(500)
    port.print("idle " + str(processor_time() - before))


async def main():
    port = Port()
    try:
        console = port.open_console(sys.argv[1])
    except OSError as error:
        port.print("refused " + str(error.errno))
        return
    tell = port.print if sys.argv[1] != "-" else lambda text: None
    tell("open")
    buf = bytearray(300)
    tasks = []
    what = b"?"
    while what and not what.endswith(b"quit"):
        n = await console.readinto(buf)
        what = bytes(buf[:n])
        if what.startswith(b"flood"):
            for _ in range(100):
                console.write("x" * 1023)
            tell("flooded")
        elif what == b"idle":
            tasks.append(asyncio.create_task(idle(port)))
        elif what:
            console.write("hex " + binascii.hexlify(what).decode())
    console.close()
    tell("closed")


asyncio.run(main())
