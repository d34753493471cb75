#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""RFC 6455 conformance of the wire layer, against its echo server, by raw sockets.

Usage: ws-conformance.py WIRE-ECHO [CASE-PREFIX]

Speaks TAP. The cases go along the sections of the well-known WebSocket test suites: framing (1), pings (2), reserved
bits (3), opcodes (4), fragmentation (5), UTF-8 (6), closing (7), limits (9), and automatic fragmentation (10).
"""

import base64
import hashlib
import os
import random
import socket
import struct
import subprocess
import sys

PATIENCE = 60  # seconds, for a server that hangs
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

address = None
rng = random.Random(6455)
cases = []


class Failure(Exception):
    pass


def case(name):
    def add(function):
        cases.append((name, function))
        return function

    return add


def mask_bytes(payload, key):
    if not payload:
        return b""
    wide = (key * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "little") ^ int.from_bytes(wide, "little")
    return number.to_bytes(len(payload), "little")


def frame(opcode, payload=b"", fin=True, rsv=0):
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, length)
    key = rng.getrandbits(32).to_bytes(4, "little")
    return head + key + mask_bytes(payload, key)


def close_payload(code, reason=b""):
    return struct.pack("!H", code) + reason


class Client:
    """One connection, upgraded."""

    def __init__(self):
        self.socket = socket.create_connection(address, PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        key = base64.b64encode(rng.getrandbits(128).to_bytes(16, "little")).decode()
        self.send_raw(
            f"GET /echo HTTP/1.1\r\nHost: {address[0]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer = bytearray(rest)
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())
        if not head.startswith(b"HTTP/1.1 101 ") or b"Sec-WebSocket-Accept: " + accept not in head:
            raise Failure(f"upgrade failed: {head!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def fill(self):
        """More bytes into the buffer; False at the end of the stream."""
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def send_raw(self, data, chop=0):
        """Sends bytes, in writes of at most chop bytes."""
        try:
            if not chop:
                self.socket.sendall(data)
            for at in range(0, len(data) if chop else 0, chop or 1):
                self.socket.sendall(data[at : at + chop])
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server may have had enough; what it said is still to be read.

    def send(self, *args, chop=0, **kwargs):
        self.send_raw(frame(*args, **kwargs), chop)

    def need(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                return False
        return True

    def read_frame(self):
        """(fin, opcode, payload), None at the end of the stream."""
        if not self.need(2):
            if self.buffer:
                raise Failure("stream ends inside a frame")
            return None
        first, second = self.buffer[0], self.buffer[1]
        if first & 0x70 or second & 0x80:
            raise Failure(f"reserved or mask bit set: {first:02x} {second:02x}")
        length, head = second & 0x7F, 2
        if length == 126:
            head = 4
        elif length == 127:
            head = 10
        if not self.need(head):
            raise Failure("stream ends inside a header")
        if head > 2:
            length = int.from_bytes(self.buffer[2:head], "big")
        if not self.need(head + length):
            raise Failure("stream ends inside a payload")
        payload = bytes(self.buffer[head : head + length])
        del self.buffer[: head + length]
        return bool(first & 0x80), first & 0x0F, payload

    def read(self):
        """One message or control frame: (opcode, payload), None at the end."""
        got = self.read_frame()
        if got is None:
            return None
        fin, opcode, payload = got
        parts = [payload]
        while not fin:
            got = self.read_frame()
            if got is None or got[1] != CONT:
                raise Failure("broken fragments")
            fin, _, payload = got
            parts.append(payload)
        return opcode, b"".join(parts)

    def expect(self, opcode, payload):
        got = self.read()
        if got != (opcode, payload):
            raise Failure(f"expected {describe((opcode, payload))}, got {describe(got)}")

    def expect_end(self):
        got = self.read()
        if got is not None:
            raise Failure(f"expected the end, got {describe(got)}")

    def expect_closed(self, *codes):
        """A close frame with one of these codes (None is one without), and the end."""
        got = self.read()
        if got is None or got[0] != CLOSE:
            raise Failure(f"expected a close frame, got {describe(got)}")
        code = struct.unpack("!H", got[1][:2])[0] if got[1] else None
        if code not in codes:
            raise Failure(f"expected close code {codes}, got {code} {got[1][2:]!r}")
        self.expect_end()

    def close_cleanly(self):
        self.send(CLOSE, close_payload(1000))
        self.expect_closed(1000)

    def echo(self, opcode, payload, **kwargs):
        self.send(opcode, payload, **kwargs)
        self.expect(opcode, payload)


def describe(got):
    if got is None:
        return "the end"
    opcode, payload = got
    shown = payload if len(payload) < 60 else payload[:60] + b"..."
    return f"opcode {opcode}, {len(payload)} bytes {shown!r}"


# 1: framing, by length, whole and in small writes.


def add_framing():
    sizes = [0, 125, 126, 127, 128, 65535, 65536]
    for section, opcode, byte in ((1, TEXT, b"*"), (2, BINARY, b"\xfe")):
        for index, size in enumerate(sizes, 1):

            @case(f"1.{section}.{index} {size} bytes")
            def whole(client, opcode=opcode, payload=byte * size):
                client.echo(opcode, payload)
                client.close_cleanly()

        @case(f"1.{section}.8 65536 bytes in writes of 997")
        def chopped(client, opcode=opcode, payload=byte * 65536):
            client.echo(opcode, payload, chop=997)
            client.close_cleanly()


# 2: pings and pongs.


def add_pings():
    payloads = {"2.1": b"", "2.2": b"Hello, world!", "2.3": b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", "2.4": b"\xfe" * 125}
    for name, payload in payloads.items():

        @case(f"{name} ping with {len(payload)} bytes")
        def ping(client, payload=payload):
            client.send(PING, payload)
            client.expect(PONG, payload)
            client.close_cleanly()

    @case("2.5 ping with 126 bytes")
    def too_long(client):
        client.send(PING, b"\xfe" * 126)
        client.expect_closed(1002)

    @case("2.6 ping with 125 bytes, byte by byte")
    def chopped(client):
        client.send(PING, b"\xfe" * 125, chop=1)
        client.expect(PONG, b"\xfe" * 125)
        client.close_cleanly()

    for name, payload in {"2.7": b"", "2.8": b"unasked"}.items():

        @case(f"{name} pong that nobody asked for, {len(payload)} bytes")
        def pong(client, payload=payload):
            client.send(PONG, payload)
            client.send(PING, b"still there")
            client.expect(PONG, b"still there")
            client.close_cleanly()

    @case("2.9 pong, then ping")
    def both(client):
        client.send(PONG, b"unasked")
        client.send(PING, b"asked")
        client.expect(PONG, b"asked")
        client.close_cleanly()

    for name, chop in {"2.10": 0, "2.11": 1}.items():

        @case(f"{name} ten pings at once, writes of {chop or 'all'}")
        def ten(client, chop=chop):
            data = b"".join(frame(PING, f"payload-{i}".encode()) for i in range(10))
            client.send_raw(data, chop)
            for i in range(10):
                client.expect(PONG, f"payload-{i}".encode())
            client.close_cleanly()


# 3 and 4: reserved bits and opcodes.


def add_reserved():
    @case("3.1 reserved bits 1 on text")
    def alone(client):
        client.send(TEXT, b"small", rsv=1)
        client.expect_closed(1002)

    for name, rsv, chop in (("3.2", 2, 0), ("3.3", 3, 0), ("3.4", 4, 1)):

        @case(f"{name} good text, then reserved bits {rsv}, then a ping, writes of {chop or 'all'}")
        def after(client, rsv=rsv, chop=chop):
            client.send_raw(frame(TEXT, b"good") + frame(TEXT, b"bad", rsv=rsv) + frame(PING), chop)
            client.expect(TEXT, b"good")
            client.expect_closed(1002)

    for name, opcode, rsv in (("3.5", BINARY, 5), ("3.6", PING, 6), ("3.7", CLOSE, 7)):

        @case(f"{name} reserved bits {rsv} on opcode {opcode}")
        def other(client, opcode=opcode, rsv=rsv):
            client.send(opcode, close_payload(1000) if opcode == CLOSE else b"\x00", rsv=rsv)
            client.expect_closed(1002)

    for section, opcodes in ((1, range(3, 8)), (2, range(11, 16))):
        for index, opcode in enumerate(opcodes, 1):

            @case(f"4.{section}.{index} opcode {opcode}")
            def first(client, opcode=opcode):
                client.send(opcode, b"" if opcode % 2 else b"payload")
                client.expect_closed(1002)

            @case(f"4.{section}.{index} opcode {opcode} after a good text")
            def second(client, opcode=opcode):
                client.send_raw(frame(TEXT, b"good") + frame(opcode, b"payload") + frame(PING))
                client.expect(TEXT, b"good")
                client.expect_closed(1002)


# 5: fragmentation.


def add_fragments():
    for name, opcode in (("5.1", PING), ("5.2", PONG), ("5.2", CLOSE)):

        @case(f"{name} opcode {opcode} in fragments")
        def control(client, opcode=opcode):
            client.send(opcode, b"fragment1", fin=False)
            client.send(CONT, b"fragment2")
            client.expect_closed(1002)

    first, second = b"fragment1", b"fragment2"
    for name, chop in (("5.3", 0), ("5.4", 0), ("5.5", 1)):

        @case(f"{name} text in two fragments, writes of {chop or 'all'}")
        def two(client, chop=chop, together=name == "5.3"):
            if together:
                client.send_raw(frame(TEXT, first, fin=False) + frame(CONT, second))
            else:
                client.send(TEXT, first, fin=False, chop=chop)
                client.send(CONT, second, chop=chop)
            client.expect(TEXT, first + second)
            client.close_cleanly()

    for name, chop in (("5.6", 0), ("5.7", 0), ("5.8", 1)):

        @case(f"{name} a ping between two fragments, writes of {chop or 'all'}")
        def ping(client, chop=chop):
            client.send_raw(frame(TEXT, first, fin=False) + frame(PING, b"ping") + frame(CONT, second), chop)
            client.expect(PONG, b"ping")
            client.expect(TEXT, first + second)
            client.close_cleanly()

    for name, fin, chop in (("5.9", True, 0), ("5.10", True, 0), ("5.11", True, 1), ("5.12", False, 0),
                            ("5.13", False, 0), ("5.14", False, 1)):

        @case(f"{name} continuation of nothing, fin {fin}, writes of {chop or 'all'}")
        def nothing(client, fin=fin, chop=chop):
            data = frame(CONT, b"nothing to continue", fin=fin) + frame(TEXT, b"not to be told")
            client.send_raw(data, chop)
            client.expect_closed(1002)

    @case("5.15 two fragments, then a continuation of nothing and a text")
    def third(client):
        client.send_raw(frame(TEXT, first, fin=False) + frame(CONT, second)
                        + frame(CONT, b"fragment3", fin=False) + frame(TEXT, b"fragment4"))
        client.expect(TEXT, first + second)
        client.expect_closed(1002)

    for name, fin in (("5.16", False), ("5.17", True)):

        @case(f"{name} twice a continuation of nothing, fin {fin}, and a text in two fragments")
        def twice(client, fin=fin):
            one = frame(CONT, b"fragment1", fin=fin) + frame(TEXT, b"fragment2", fin=False) + frame(CONT, b"3")
            client.send_raw(one + one)
            client.expect_closed(1002)

    @case("5.18 a text inside of a text")
    def inside(client):
        client.send(TEXT, first, fin=False)
        client.send(TEXT, second)
        client.expect_closed(1002)

    for name, chop in (("5.19", 0), ("5.20", 1)):

        @case(f"{name} five fragments with pings between them, writes of {chop or 'all'}")
        def five(client, chop=chop):
            client.send_raw(frame(TEXT, b"fragment1", fin=False) + frame(CONT, b"fragment2", fin=False)
                            + frame(PING, b"pongme 1!"), chop)
            client.expect(PONG, b"pongme 1!")
            client.send_raw(frame(CONT, b"fragment3", fin=False) + frame(CONT, b"fragment4", fin=False)
                            + frame(PING, b"pongme 2!") + frame(CONT, b"fragment5"), chop)
            client.expect(PONG, b"pongme 2!")
            client.expect(TEXT, b"fragment1fragment2fragment3fragment4fragment5")
            client.close_cleanly()


# 6: UTF-8.

KOSME = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()
INVALID = {
    "6.3 ends in a surrogate": KOSME + b"\xed\xa0\x80edited",
    "6.8 lonely first byte": b"\xf8\x88\x80\x80\x80",
    "6.8 first byte of six": b"\xfc\x84\x80\x80\x80\x80",
    "6.10 above the last character": b"\xf4\x90\x80\x80",
    "6.10 five bytes": b"\xfb\xbf\xbf\xbf\xbf",
    "6.11 six bytes": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    "6.12 continuation 80": b"\x80",
    "6.12 continuation bf": b"\xbf",
    "6.12 continuations": b"\x80\xbf\x80\xbf",
    "6.13 lonely starts": b" ".join(bytes([b]) for b in range(0xC0, 0xE0)) + b" ",
    "6.14 last byte missing, 2": b"\xc0",
    "6.14 last byte missing, 3": b"\xe0\x80",
    "6.14 last byte missing, 4": b"\xf0\x80\x80",
    "6.14 last byte missing, c3": b"\xc3",
    "6.14 last byte missing, e2 82": b"\xe2\x82",
    "6.14 last byte missing, f0 9f 98": b"\xf0\x9f\x98",
    "6.16 fe": b"\xfe",
    "6.16 ff": b"\xff",
    "6.16 fe fe ff ff": b"\xfe\xfe\xff\xff",
    "6.17 overlong slash, 2": b"\xc0\xaf",
    "6.17 overlong slash, 3": b"\xe0\x80\xaf",
    "6.17 overlong slash, 4": b"\xf0\x80\x80\xaf",
    "6.17 overlong slash, 5": b"\xf8\x80\x80\x80\xaf",
    "6.18 overlong c1 bf": b"\xc1\xbf",
    "6.18 overlong e0 9f bf": b"\xe0\x9f\xbf",
    "6.18 overlong f0 8f bf bf": b"\xf0\x8f\xbf\xbf",
    "6.19 overlong nul, 2": b"\xc0\x80",
    "6.19 overlong nul, 3": b"\xe0\x80\x80",
    "6.20 surrogate d800": b"\xed\xa0\x80",
    "6.20 surrogate db7f": b"\xed\xad\xbf",
    "6.20 surrogate dfff": b"\xed\xbf\xbf",
    "6.21 paired surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "6.21 paired surrogates, last": b"\xed\xaf\xbf\xed\xbf\xbf",
}
VALID = {
    "6.2 words": "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!".encode(),
    "6.5 greek": KOSME,
    "6.7 nul": b"\x00",
    "6.7 first of two": b"\xc2\x80",
    "6.7 first of three": b"\xe0\xa0\x80",
    "6.7 first of four": b"\xf0\x90\x80\x80",
    "6.9 last of one": b"\x7f",
    "6.9 last of two": b"\xdf\xbf",
    "6.9 last of three": b"\xef\xbf\xbf",
    "6.9 last of four": b"\xf4\x8f\xbf\xbf",
    "6.11 before the surrogates": b"\xed\x9f\xbf",
    "6.11 after the surrogates": b"\xee\x80\x80",
    "6.11 replacement character": b"\xef\xbf\xbd",
    "6.22 no characters, fffe": b"\xef\xbf\xbe",
    "6.22 no characters, 10ffff": b"\xf4\x8f\xbf\xbf",
    "6.23 specials": b"".join(chr(c).encode() for c in range(0xFFF9, 0xFFFE)),
}


def add_utf8():
    @case("6.1.1 empty text")
    def empty(client):
        client.echo(TEXT, b"")
        client.close_cleanly()

    for name, middle in (("6.1.2", b""), ("6.1.3", b"middle")):

        @case(f"{name} three fragments, {len(middle)} bytes in the middle")
        def fragments(client, middle=middle):
            client.send_raw(frame(TEXT, fin=False) + frame(CONT, middle, fin=False) + frame(CONT))
            client.expect(TEXT, middle)
            client.close_cleanly()

    for name, payload in VALID.items():

        @case(name)
        def valid(client, payload=payload):
            client.echo(TEXT, payload)
            client.echo(TEXT, payload, chop=1)
            client.send_raw(b"".join(frame(CONT if i else TEXT, payload[i : i + 1], fin=i == len(payload) - 1)
                                     for i in range(len(payload))))
            client.expect(TEXT, payload)
            client.close_cleanly()

    for name, payload in INVALID.items():

        @case(name)
        def invalid(client, payload=payload):
            client.send(TEXT, payload)
            client.expect_closed(1007)

        @case(name + ", a byte in a fragment")
        def invalid_fragments(client, payload=payload):
            client.send_raw(b"".join(frame(CONT if i else TEXT, payload[i : i + 1], fin=i == len(payload) - 1)
                                     for i in range(len(payload))))
            client.expect_closed(1007)

    good, bad, rest = KOSME, b"\xf4\x90\x80\x80", b"edited"

    @case("6.4.1 told at the first bad fragment, not at the end")
    def fast_fragment(client):
        client.send(TEXT, good, fin=False)
        client.send(CONT, bad, fin=False)
        client.expect_closed(1007)

    @case("6.4.2 told at the first bad byte over fragments")
    def fast_byte(client):
        client.send(TEXT, good + bad[:1], fin=False)
        client.send(CONT, bad[1:2], fin=False)
        client.expect_closed(1007)

    @case("6.4.3 told at the first bad byte inside of a frame")
    def fast_inside(client):
        data = frame(TEXT, good + bad + rest)
        client.send_raw(data[: len(data) - len(rest) - 2])
        client.expect_closed(1007)

    @case("6.4.4 the same, byte by byte")
    def fast_inside_bytes(client):
        data = frame(TEXT, good + bad + rest)
        client.send_raw(data[: len(data) - len(rest) - 2], chop=1)
        client.expect_closed(1007)

    @case("6.6 every prefix of a text is an error at its end, or a text")
    def prefixes(client):
        for length in range(len(good) + 1):
            with Client() as other:
                other.send(TEXT, good[:length])
                try:
                    good[:length].decode()
                except UnicodeDecodeError:
                    other.expect_closed(1007)
                else:
                    other.expect(TEXT, good[:length])
        client.close_cleanly()


# 7: closing.


def add_closing():
    @case("7.1.1 a message, then close")
    def message(client):
        client.send_raw(frame(TEXT, b"Hello World!") + frame(CLOSE, close_payload(1000)))
        client.expect(TEXT, b"Hello World!")
        client.expect_closed(1000)

    @case("7.1.2 close twice")
    def twice(client):
        client.send_raw(frame(CLOSE, close_payload(1000)) * 2)
        client.expect_closed(1000)

    for name, more in (("7.1.3 a ping", frame(PING, b"after")), ("7.1.4 a message", frame(TEXT, b"after"))):

        @case(f"{name} after close")
        def after(client, more=more):
            client.send_raw(frame(CLOSE, close_payload(1000)) + more)
            client.expect_closed(1000)

    @case("7.1.5 close inside of a fragmented message")
    def inside(client):
        client.send_raw(frame(TEXT, b"fragment1", fin=False) + frame(CLOSE, close_payload(1000))
                        + frame(CONT, b"fragment2"))
        client.expect_closed(1000)

    @case("7.1.6 256 KiB, then close, then a ping")
    def large(client):
        payload = b"*" * (256 * 1024)
        client.send_raw(frame(TEXT, payload) + frame(CLOSE, close_payload(1000)) + frame(PING, b"after"))
        client.expect(TEXT, payload)
        client.expect_closed(1000)

    for name, payload, codes in (
        ("7.3.1 empty", b"", (None,)),
        ("7.3.2 one byte", b"a", (1002,)),
        ("7.3.3 a code", close_payload(1000), (1000,)),
        ("7.3.4 a reason", close_payload(1000, b"Hello World!"), (1000,)),
        ("7.3.5 the longest reason", close_payload(1000, b"*" * 123), (1000,)),
        ("7.3.6 too long a reason", close_payload(1000, b"*" * 124), (1002,)),
        ("7.5.1 a reason that is not UTF-8", close_payload(1000, KOSME + b"\xed\xa0\x80edited"), (1007,)),
    ):

        @case(name)
        def payload_case(client, payload=payload, codes=codes):
            client.send(CLOSE, payload)
            client.expect_closed(*codes)

    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999):

        @case(f"7.7 valid code {code}")
        def valid(client, code=code):
            client.send(CLOSE, close_payload(code))
            client.expect_closed(code)

    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):

        @case(f"7.9 invalid code {code}")
        def invalid(client, code=code):
            client.send(CLOSE, close_payload(code))
            client.expect_closed(1002)

    @case("7.14 close in two writes")
    def split(client):
        data = frame(CLOSE, close_payload(1000, b"reason"))
        client.send_raw(data, chop=1)
        client.expect_closed(1000)


# 9 and 10: large messages, many fragments, small writes, many messages.


def add_limits():
    kib = 1024
    for section, opcode, byte in ((1, TEXT, b"*"), (2, BINARY, b"\x00\xff\xfe\xfd")):
        for index, size in enumerate((64, 256, 1024, 4096, 8192, 16384), 1):

            @case(f"9.{section}.{index} {size} KiB")
            def large(client, opcode=opcode, payload=byte * (size * kib // len(byte))):
                client.echo(opcode, payload)
                client.close_cleanly()

    for section, opcode in ((3, TEXT), (4, BINARY)):
        for index, size in enumerate((64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, 1024 * kib, 4096 * kib), 1):

            @case(f"9.{section}.{index} 4 MiB in fragments of {size}")
            def fragments(client, opcode=opcode, size=size):
                payload = b"*" * (4096 * kib)
                parts = [frame(CONT if at else opcode, payload[at : at + size], fin=at + size >= len(payload))
                         for at in range(0, len(payload), size)]
                client.send_raw(b"".join(parts))
                client.expect(opcode, payload)
                client.close_cleanly()

    for section, opcode in ((5, TEXT), (6, BINARY)):
        for index, chop in enumerate((64, 128, 256, 512, 1024, 2048), 1):

            @case(f"9.{section}.{index} 1 MiB in writes of {chop}")
            def chopped(client, opcode=opcode, chop=chop):
                client.echo(opcode, b"*" * (1024 * kib), chop=chop)
                client.close_cleanly()

    for section, opcode in ((7, TEXT), (8, BINARY)):
        for index, size in enumerate((0, 16, 64, 256, 1024, 4096), 1):

            @case(f"9.{section}.{index} 1000 messages of {size}, one at a time and all at once")
            def many(client, opcode=opcode, payload=b"*" * size):
                for _ in range(1000):
                    client.echo(opcode, payload)
                # Not more than the sockets hold: this end does not read while it writes.
                count = 1000 if size <= 64 else 10
                client.send_raw(frame(opcode, payload) * count)
                for _ in range(count):
                    client.expect(opcode, payload)
                client.close_cleanly()

    @case("9.9.1 a message of more than the server takes")
    def too_big(client):
        client.send_raw(struct.pack("!BBQ", 0x80 | BINARY, 0x80 | 127, 1 << 40) + b"mask")
        client.expect_closed(1009)

    @case("9.9.2 the same over fragments")
    def too_big_fragments(client):
        part = b"\x00" * (8 << 20)
        client.send(BINARY, part, fin=False)
        client.send(CONT, part, fin=False)
        client.send(CONT, part, fin=False)
        client.expect_closed(1009)

    @case("10.1.1 64 KiB in fragments of 1300")
    def automatic(client):
        payload = b"*" * 65536
        parts = [frame(CONT if at else TEXT, payload[at : at + 1300], fin=at + 1300 >= len(payload))
                 for at in range(0, len(payload), 1300)]
        client.send_raw(b"".join(parts))
        client.expect(TEXT, payload)
        client.close_cleanly()

    @case("11.1 unmasked frames")
    def unmasked(client):
        client.send_raw(b"\x81\x05Hello")
        client.expect_closed(1002)

    @case("11.2 lengths not in their shortest form")
    def forms(client):
        for head in (struct.pack("!BBH", 0x82, 0xFE, 125), struct.pack("!BBQ", 0x82, 0xFF, 65535),
                     struct.pack("!BBQ", 0x82, 0xFF, 1 << 63)):
            with Client() as other:
                other.send_raw(head + b"mask")
                other.expect_closed(1002)
        client.close_cleanly()

    @case("11.3 what is in one segment with the request")
    def early(client):
        with Client.__new__(Client) as other:
            other.socket = socket.create_connection(address, PATIENCE)
            other.buffer = bytearray()
            other.send_raw(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                           + frame(TEXT, b"at once") + frame(PING, b"too"))
            while b"\r\n\r\n" not in other.buffer:
                if not other.fill():
                    raise Failure("no answer")
            del other.buffer[: other.buffer.index(b"\r\n\r\n") + 4]
            got = {other.read(), other.read()}
            if got != {(TEXT, b"at once"), (PONG, b"too")}:
                raise Failure(f"got {got}")
            other.close_cleanly()
        client.close_cleanly()


def run(chosen):
    failed = 0
    print(f"1..{len(chosen)}", flush=True)
    for number, (name, function) in enumerate(chosen, 1):
        try:
            with Client() as client:
                function(client)
        except (Failure, OSError) as error:
            failed += 1
            print(f"not ok {number} - {name}\n# {error!r}", flush=True)
        else:
            print(f"ok {number} - {name}", flush=True)
    return failed


def main():
    global address
    for add in (add_framing, add_pings, add_reserved, add_fragments, add_utf8, add_closing, add_limits):
        add()
    prefix = sys.argv[2] if len(sys.argv) > 2 else ""
    chosen = [c for c in cases if c[0].startswith(prefix)]

    server = subprocess.Popen([sys.argv[1], "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                              env=dict(os.environ))
    try:
        host, _, port = server.stdout.readline().strip().rpartition(":")
        address = (host, int(port))
        failed = run(chosen)
    finally:
        server.terminate()
        status = server.wait(PATIENCE)
    if status != 0:
        print(f"Bail out! The server ended with {status}")
    return 1 if failed or status != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
