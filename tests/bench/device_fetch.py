"""GETs a DERControlList over plain HTTP: ours, streamed into the event store, and `requests`, which holds it whole.

Each way imports what it needs itself, so that neither pays for the other's modules.
"""

ROUNDS = 4  # of several calls each, in turns, so that a busy moment of the PC hits neither for good


def streaming(port, path):
    """Return a call that reads the list by blocks into 24 slots, with everything checked."""
    import socket

    import device_store

    from sluice.sep2.http import Response, request_head
    from sluice.sep2.readers import Reader
    from sluice.sep2.tables import DERC_LIST
    from sluice.sep2.xml import Tokenizer
    from sluice_wire.limits import MAX_EVENTS, RX_SIZE

    reader = Reader()
    tokenizer = Tokenizer(reader)
    response = Response(tokenizer)
    staged, _ = device_store.tables()
    rx = bytearray(RX_SIZE)
    address = socket.getaddrinfo("127.0.0.1", port)[0][-1]

    def take(record):
        staged.stage(record, 0)

    def call():
        staged.clear(0)
        reader.begin(DERC_LIST, take)
        tokenizer.reset()
        response.reset("GET")
        s = socket.socket()
        s.connect(address)
        s.write(rx, request_head(rx, "GET", path, "127.0.0.1:" + str(port)))
        while not response.done:
            n = s.readinto(rx)
            if n:
                response.feed(rx, n)
            else:
                response.eof()
        tokenizer.end()
        s.close()
        stored = device_store.count(staged)
        if response.status != 200 or stored != MAX_EVENTS:
            raise ValueError("events stored", stored)

    return call


def whole(port, path, size):
    """Return a call that has the body of `size` bytes in memory, and does nothing more with it."""
    import requests

    url = "http://127.0.0.1:" + str(port) + path

    def call():
        n = len(requests.get(url).content)
        if n != size:
            raise ValueError("bytes", n)

    return call


def once_streaming(port, path):
    streaming(port, path)()


def once_requests(port, path, size):
    whole(port, path, size)()


def time(port, path, size):
    """Give what each way takes."""
    from stopwatch import cost

    calls = {"streaming": streaming(port, path), "requests": whole(port, path, size)}
    took = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            took[name].append(cost(call))
    return {name: min(costs) for name, costs in took.items()}


def run(what, *arguments):
    """Do one way once, or give the time of both."""
    return {"streaming": once_streaming, "requests": once_requests, "time": time}[what](*arguments)
