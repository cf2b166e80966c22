"""What a device can do wrong beside not answering."""


class DeviceError(Exception):
    """The device answers, but not as it should; the message names the unit, what is wrong and what to do."""
