"""What a core test may ask for besides `assert`; it runs on both Pythons, where pytest does not."""


def raises(kind, function, *args):
    """Call `function(*args)` and give back the `kind` of exception it raises; anything else fails the test."""
    try:
        function(*args)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def finish(coroutine):
    """Run a coroutine that never has to wait, and give back its result."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waited")
