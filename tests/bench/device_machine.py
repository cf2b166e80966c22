"""The hardware that umodbus asks for, as a double: a UART on which the reply lies as soon as a request was written.

As `machine` and as `time` in its image: waiting costs it nothing here.
"""


class Pin:
    OUT = 0


class UART:
    """`reply` is what the next request is answered with."""

    reply = b""

    def __init__(self, *_, **__):
        self.asked = False

    def any(self):
        return self.asked

    def read(self):
        if self.asked:
            self.asked = False
            return UART.reply

    def write(self, frame):
        self.asked = True

    def flush(self):
        pass


def sleep_us(us):
    pass


def ticks_us():
    return 0


def ticks_diff(a, b):
    return a - b
