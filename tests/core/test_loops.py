"""The loops in machine code do what the loops in Python do: each is given the same, anything at all."""

import random
from array import array

import viper_check  # noqa: F401 (before what it lets CPython import)

from sluice.modbus import loops_portable as modbus_portable
from sluice.modbus import loops_viper as modbus_viper
from sluice.sep2 import chars, kinds, loops_portable, loops_viper, tables, tape
from sluice.sep2.elements import Elements
from sluice.sep2.names import ATTRIBUTE, CSIPAUS, SEP2
from sluice.sep2.xml import Tokenizer
from sluice_wire import limits

BOTH = (loops_portable, loops_viper)
ROUNDS = 3000

# What a document is made of.
USUAL = (
    b"<DERControl><mRID>0A1B</mRID><version>0</version>\n  <creationTime> 1682511010 </creationTime></DERControl>",
    b"<interval>\n <duration>300</duration>\n <start>1682475300</start>\n</interval>",
    b"<a:opModExpLimW>\n  <multiplier>-1</multiplier><value>7</value></a:opModExpLimW>",
    b"<a:opModExpLimW>5000</a:opModExpLimW>",
    b"<EventStatus><currentStatus>0</currentStatus><reason/><reason></reason></EventStatus>",
    b"<description>two words</description>",
)
OTHERS = (
    b"<description>a &amp; b</description>",
    b"<description>\xc3\xa9</description>",
    b"<description>]]></description>",
    b"<description>" + b"x" * 520 + b"</description>",
    b"<description>" + b"y" * 512 + b" </description>",
    b"<unknown>1</unknown>",
    b"<b:value>1</b:value>",
    b"<value>1</value >",
    b"<value>1</valuf>",
    b"<value >1</value>",
    b"</DERControl >",
    b"<:value/>",
    b"<a:opModExpLimW>\n<value>1</value></c:opModExpLimW>",
    b"</c:opModExpLimW>",
    b"</:DERControl>",
    b"</DERControlBase\n>",
    b"</DERControl/>",
    b"<reason/>",
    b"<value>5368709119</value>",
    b"<DERControl>",
    b"<DERControlBase>",
    b"</DERControlBase>",
    b"</DERControl>",
    b"</a:opModExpLimW>",
    b"<Link href='/x'/>",
    b"<!-- -->",
    b"<",
    b">",
    b"/",
    b":",
    b"&",
    b" ",
    b"\n\t\r ",
    b"value",
    b"\x00",
    b"\xff",
)


def pick(things):
    return things[random.getrandbits(16) % len(things)]


def some_bytes(alphabet, n):
    return bytes([pick(alphabet) for _ in range(n)])


def opened(depth):
    """Return Elements with this many elements open; the root declares a default namespace and a prefix."""
    tokenizer = Tokenizer(Silent())
    root = b'<DERControlList xmlns="urn:ieee:std:2030.5:ns" xmlns:a="https://csipaus.org/ns" xmlns:c="https://csipaus.org/ns">'
    document = root + b"<DERControl>" * (depth - 1)
    tokenizer.feed(document, len(document))
    return tokenizer._elements


class Silent:
    def start(self, name):
        pass

    def leaf(self, name, buf, at, n):
        pass


def scanned(loops, elements, document, at, end):
    """Return all that a scan says and leaves behind."""
    at = loops.scan(elements, document, at, end)
    return at, list(elements.tape[: elements.tape[0]]), bytes(elements.state)


def test_both_recognise_the_same_in_any_pieces_and_any_cut():
    random.seed(1)
    recognised = 0
    for _ in range(ROUNDS):
        pieces = 1 + random.getrandbits(4)
        document = b"".join([pick(USUAL if random.getrandbits(1) else OTHERS) for _ in range(pieces)])
        end = len(document) if random.getrandbits(1) else random.getrandbits(16) % (len(document) + 1)
        at = 0 if random.getrandbits(1) else random.getrandbits(16) % (end + 1)
        depth = 1 + random.getrandbits(4)
        portable, viper = [scanned(loops, opened(depth), document, at, end) for loops in BOTH]
        assert portable == viper, (document, at, end, depth)
        recognised += len(portable[1]) // 3
    assert recognised > ROUNDS


def test_both_fill_the_tape_and_no_more():
    document = b"<value>1</value>" * 60
    for loops in BOTH:
        at, words, _ = scanned(loops, opened(2), document, 0, len(document))
        assert (at, len(words)) == (24 * 16, tape.TAPE_WORDS)


def test_neither_looks_behind_the_end():
    document = b"<value>1</value><value>2</value>"
    for loops in BOTH:
        for end in range(len(document)):
            at, words, _ = scanned(loops, opened(2), document, 0, end)
            assert (at, len(words) // 3) == (0, 0) if end < 7 else at <= end


def test_both_leave_an_end_tag_alone_that_closes_a_declaration():
    for loops in BOTH:
        assert scanned(loops, opened(1), b"</DERControlList>", 0, 17)[0] == 0


def test_both_find_every_name_and_no_other():
    for number in range(1, len(tables.SPACE)):
        at = tables.LOCAL[2 * number] | tables.LOCAL[2 * number + 1] << 8
        end = tables.LOCAL[2 * number + 2] | tables.LOCAL[2 * number + 3] << 8
        for loops in BOTH:
            assert loops.find(tables.SPACE[number], tables.LOCALS, at, end) == number
            assert loops.find(0, tables.LOCALS, at, end) == 0
    random.seed(2)
    for _ in range(ROUNDS):
        space = pick((ATTRIBUTE, SEP2, CSIPAUS))
        at = random.getrandbits(16) % len(tables.LOCALS)
        end = min(len(tables.LOCALS), at + random.getrandbits(5))
        portable, viper = [loops.find(space, tables.LOCALS, at, end) for loops in BOTH]
        assert portable == viper


def test_both_walk_the_same_tree():
    for node in range(len(tables.KIND)):
        for name in range(256):
            portable, viper = [loops.child(node, name) for loops in BOTH]
            assert portable == viper
            assert not viper or tables.PARENT[viper] == node and tables.NAME[viper] == name


def test_both_stop_at_the_largest_number():
    for text in (b"536870909", b"536870911", b"536870912", b"5368709110", b"5368709119", b"99999999999"):
        for loops in BOTH:
            assert loops.decimal(text, 0, len(text)) == min(int(text), kinds.LARGEST)


def test_both_read_the_same_numbers():
    random.seed(3)
    for _ in range(ROUNDS):
        text = some_bytes(b"0123456789" if random.getrandbits(2) else b"0159:/-", random.getrandbits(5))
        portable, viper = [loops.decimal(text, 0, len(text)) for loops in BOTH]
        assert portable == viper
        assert viper == kinds.BAD or viper == min(int(text), kinds.LARGEST)


def test_both_read_the_same_hexadecimal_digits_and_write_nowhere_else():
    random.seed(4)
    for _ in range(ROUNDS):
        alphabet = b"0123456789abcdefABCDEF" if random.getrandbits(2) else b"09afgAFG:@`/"
        text = some_bytes(alphabet, random.getrandbits(4))
        targets = [bytearray(4), bytearray(4)]
        said = [BOTH[k].unhex(targets[k], text, 0, len(text)) for k in range(2)]
        assert said[0] == said[1]
        assert not said[0] or targets[0] == targets[1]


def test_both_copy_and_compare_the_same():
    random.seed(5)
    for _ in range(ROUNDS):
        buf = some_bytes(b"ab", 24)
        at = random.getrandbits(3)
        other = random.getrandbits(3)
        n = random.getrandbits(4)
        outs = [bytearray(b"." * 24), bytearray(b"." * 24)]
        for k in range(2):
            BOTH[k].copy(outs[k], other, buf, at, n)
            assert BOTH[k].same(outs[k], other, buf, at, n)
        assert outs[0] == outs[1] == b"." * other + buf[at : at + n] + b"." * (24 - other - n)
        portable, viper = [
            (loops.same(buf, at, buf, other, n), loops.span(buf, at, at + n, chars.NAME)) for loops in BOTH
        ]
        assert portable == viper


def test_both_see_the_same_classes():
    every = bytes(range(256))
    for c in range(256):
        for mask in (chars.PLAIN, chars.NAME_START, chars.NAME, chars.WHITE, chars.QUIET, chars.SIMPLE):
            portable, viper = [loops.span(every, c, c + 1, mask) for loops in BOTH]
            assert portable == viper


def test_the_constants_of_the_machine_code_are_those_of_the_rooms_they_come_from():
    own = [name[1:] for name in dir(loops_viper) if name[0] == "_" and name[1:2].isupper()]
    for module in (chars, kinds, tape, limits):
        for name in dir(module):
            assert name not in own or getattr(loops_viper, "_" + name) == getattr(module, name), name


def test_an_element_can_be_opened_to_the_last_place_and_no_further():
    for loops in BOTH:
        elements = opened(limits.DEPTH_MAX - 1)
        scanned(loops, elements, b"<value><value>", 0, 14)
        assert elements.state[tape.DEPTH] == limits.DEPTH_MAX
        for more in (b"<value>", b"<value/>", b"<value>1</value>"):
            assert scanned(loops, elements, more, 0, len(more))[:2] == (0, [1])
        assert isinstance(elements, Elements)


def test_both_reckon_the_same_crc_of_any_bytes():
    random.seed(6)
    for _ in range(ROUNDS):
        frame = some_bytes(bytes(range(256)), random.getrandbits(6))
        start = random.getrandbits(6) % (len(frame) + 1)
        portable, viper = [loops.crc16(frame, start, len(frame)) for loops in (modbus_portable, modbus_viper)]
        assert portable == viper


def test_both_take_only_the_whole_reply_to_the_read_that_was_asked():
    random.seed(8)
    taken = 0
    for _ in range(ROUNDS // 3):
        count = 1 + random.getrandbits(7) % 127
        request = bytearray(8)
        modbus_portable.put_request(request, 1, pick((3, 4, 6)), 0, count)
        at = random.getrandbits(3)
        reply = bytearray(b"." * at + bytes([1, request[1], 2 * count]) + some_bytes(bytes(range(256)), 2 * count))
        crc = modbus_portable.crc16(reply, at, len(reply))
        reply += bytes([crc & 0xFF, crc >> 8])
        if random.getrandbits(1):
            reply[at + random.getrandbits(16) % (len(reply) - at)] ^= 1 << random.getrandbits(3)
        reply += b"."
        end = len(reply) - 1 - (random.getrandbits(4) == 0) + (random.getrandbits(4) == 0)
        found = []
        for loops in (modbus_portable, modbus_viper):
            regs = array("H", [0xEEEE] * 127)
            said = loops.take_reply(reply, at, end, request, regs)
            assert said or list(regs) == [0xEEEE] * 127
            found.append((bool(said), list(regs)))
        assert found[0] == found[1]
        assert not found[0][0] or count <= 125 and found[0][1][count:] == [0xEEEE] * (127 - count)
        taken += found[0][0]
    assert taken > ROUNDS // 12


def test_both_write_the_same_requests_whatever_they_are_given():
    random.seed(9)
    for _ in range(ROUNDS // 3):
        numbers = [random.getrandbits(18) for _ in range(3)]
        frames = [bytearray(b"." * 10), bytearray(b"." * 10)]
        for loops, frame in ((modbus_portable, frames[0]), (modbus_viper, frames[1])):
            assert loops.put_request(frame, numbers[0], 3, numbers[1], numbers[2]) == 8
        assert frames[0] == frames[1]
        assert frames[0][8:] == b".."


def test_both_write_and_read_the_same_registers_and_nothing_beside_them():
    random.seed(7)
    for _ in range(ROUNDS // 10):
        n = random.getrandbits(7) % 124
        regs = array("H", [random.getrandbits(16) for _ in range(n)])
        frames = []
        for loops in (modbus_portable, modbus_viper):
            frame = bytearray(b"." * 256)
            loops.put_registers(frame, 7, regs, n)
            frames.append(bytes(frame))
            read = array("H", [0xEEEE] * (n + 1))
            loops.take_registers(read, frame, 7, n)
            assert list(read) == list(regs) + [0xEEEE]
            loops.copy(frame, 0, frame, 7, 2 * n)
            assert frame[: 2 * n] == frames[0][7 : 7 + 2 * n]
        assert frames[0] == frames[1]
        assert frames[0][:7] + frames[0][7 + 2 * n :] == b"." * (256 - 2 * n)


def test_a_digest_is_the_same_in_both_and_another_for_any_other_register():
    random.seed(4)
    for _ in range(200):
        regs = array("H", [random.randrange(65536) for _ in range(random.randrange(1, 126))])
        n = random.randrange(1, len(regs) + 1)
        stamp = random.randrange(1 << 24)
        digest = modbus_portable.digest(regs, n, stamp)
        assert digest == modbus_viper.digest(regs, n, stamp)
        assert 0 <= digest < 1 << 24
        regs[random.randrange(n)] ^= random.randrange(1, 65536)
        assert digest != modbus_portable.digest(regs, n, stamp)
