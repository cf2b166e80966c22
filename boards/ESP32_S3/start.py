"""What the image begins with: the gateway with this board's port, its files beside `gateway.json` in the flash."""

import gc
import json


def run():
    """Run the gateway, its console on the USB, until it wants to be started again."""
    # What lives long shall lie close together: collected only when the heap is full, garbage would lie in between.
    gc.threshold(8192)
    from sluice.app.start import run_with_console
    from sluice.port.esp32 import Port

    with open("/rom/board.json") as file:
        board = json.load(file)
    return run_with_console(Port(board), "gateway.json", "-")
