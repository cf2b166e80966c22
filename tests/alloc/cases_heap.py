"""The measure itself takes no heap: an empty call, many of them, and one that is handed things reads 0."""


def measure_typical_an_empty_call():
    return lambda: None, None


def measure_worst_a_thousand_calls():
    def call():
        for _ in range(1000):
            nothing()

    def nothing():
        pass

    return call, None


def measure_hostile_a_number_that_just_fits():
    largest = (1 << 30) - 1
    return lambda: -largest - 1 < largest - 1, True
