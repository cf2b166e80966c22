"""The way to the devices: the serial line, and a TCP connection for each device that has one of its own.

A line is opened when it is first needed and again when it was lost. What fails is told when it begins, when its reason
changes and when it ends.
Source: requirements C5, R3.
"""

from sluice.devices.errors import DeviceError
from sluice.modbus.client import Client, ModbusError


class Bus:
    """The lines of one site; each device is reached at its `at`: None = the serial line, or tcp://HOST:PORT."""

    def __init__(self, port, journal, serial):
        """`serial`: section "bus" of the configuration."""
        self._port = port
        self._journal = journal
        self._serial = serial
        self._open = {}  # at -> (line, client)
        self._client = None  # whose buffers serve all: one exchange at a time is on all lines together

    async def client(self, at):
        """Return the client of the line to `at`, opened if it is not; OSError if it cannot be."""
        if at not in self._open:
            if at is None:
                serial = self._serial
                line = await self._port.open_line(serial["device"], serial["baud"], serial["parity"], serial["rts"])
            else:
                from sluice.modbus.tcp import TcpLine

                host, _, tcp_port = at[6:].rpartition(":")
                line = TcpLine(await self._port.open_tcp(host, int(tcp_port)))
            self._client = Client(line, self._client)
            self._open[at] = line, self._client
        return self._open[at][1]

    async def attempt(self, name, at, action, *args):
        """Do `action(client, ...)` with the device at `at`; the journal hears of changes.

        Return True if it went well, None if the device has answered all the same, False if not. `name`: of what fails
        then, in the journal.
        """
        try:
            client = await self.client(at)
            if at is None:
                self._journal.well("serial line")
            await action(client, *args)
        except OSError as error:
            if at in self._open:
                self._open.pop(at)[0].close()
            what = "serial line" if at is None else name
            self._journal.fault(what, "%s cannot be used: %s" % (at or self._serial["device"], error))
            return False
        except (ModbusError, DeviceError) as error:
            self._journal.fault(name, str(error))
            return None if isinstance(error, DeviceError) else False
        self._journal.well(name)
        return True

    def close(self):
        """Close all lines; what is asked next opens its own anew."""
        for line, _ in self._open.values():
            line.close()
        self._open = {}
