"""Any bytes at all: a line is a request where Python's json makes a flat object of it, and else says why."""

import json

from hypothesis import given
from hypothesis import strategies as st

from sluice.app.lines import LineError, request
from sluice_wire.console import LINE_MAX

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40)
REQUESTS = st.dictionaries(st.text(max_size=8), SCALARS, max_size=4)
PIECES = st.lists(
    st.sampled_from([b'{"id":1,"do":"a"}', b"{", b"}", b'"', b"\\", b"\\u00e9", b"[", b",", b":1", b"\r", b" "])
)


def heard(line: bytes) -> dict[str, object] | str:
    try:
        return request(bytearray(line[:LINE_MAX].ljust(LINE_MAX)), len(line))
    except LineError as error:
        return str(error)


@given(REQUESTS, st.integers(0, 999999), st.text(max_size=10))
def test_what_json_writes_of_a_flat_object_is_heard_as_it_was(more: dict[str, object], number: int, do: str) -> None:
    wanted = {**more, "id": number, "do": do}
    line = json.dumps(wanted).encode()
    said = heard(line)
    # Characters beyond the first 65,536 are two halves to JSON's escapes, and halves are refused.
    beyond = any(ord(character) > 0xFFFF for text in map(str, (*wanted, *wanted.values())) for character in text)
    assert (said == wanted) == (len(line) < LINE_MAX and not beyond)


@given(PIECES.map(b"".join) | st.binary(max_size=600).map(lambda data: data.replace(b"\n", b"")))
def test_any_line_is_a_request_or_an_error_in_words(line: bytes) -> None:
    said = heard(line)
    if isinstance(said, dict):
        assert said == json.loads(line)
        assert not any(isinstance(value, dict | list) for value in said.values())
    else:
        assert said.startswith("this line")
