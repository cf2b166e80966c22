"""What costs heap on a 32-bit MicroPython, one kind to a call: the measure must see every one of them."""


def an_int_of_2_to_the_30():
    least = 1 << 29
    return lambda: least + least, 1 << 30


def a_slice():
    buf = bytearray(8)
    return lambda: buf[0:4], bytearray(4)


def a_method_as_a_value():
    buf = bytearray(8)
    return lambda: buf.find is None, False


def a_tuple():
    return lambda n=1: (n, n), (1, 1)


def a_float():
    return lambda n=1: n / 2 > 0, True


def a_formatted_text():
    return lambda n=1: f"{n} W", "1 W"


def _ten(a, b=1, c=2, d=3, e=4, f=5, g=6, h=7):
    i = a + b
    j = c + d
    return a + (b + (c + (d + (e + (f + (g + (h + (i + j))))))))


def a_frame_of_more_than_eleven_slots():
    return lambda: _ten(0), 34


def an_exception_that_is_caught():
    def call():
        try:
            raise ValueError
        except ValueError:
            return 1

    return call, 1


def _numbers():
    yield 1


def a_generator():
    return lambda: sum(_numbers()), 1
