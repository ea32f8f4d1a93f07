# SPDX-License-Identifier: Apache-2.0
"""TFRecord files of tf.train.Example and tf.train.SequenceExample, written and read by hand: an
implementation of its own, from the documents on protocol buffers' encoding and on TFRecord.

A feature is (kind, [values]) with kind "float", "int64", "bytes" or None; a record is
(context: {name: feature}, lists: {name: [feature]}).
"""

import struct

KINDS = {"bytes": 1, "float": 2, "int64": 3}
NAMES = {number: kind for kind, number in KINDS.items()}


def _table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def framed(data):
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


# ---- writing ----

def varint(value):
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def packed(kind, values):
    """The list message, as writers make it."""
    if kind == "bytes":
        return b"".join(field(1, value) for value in values)
    if not values:
        return b""
    if kind == "float":
        return field(1, struct.pack(f"<{len(values)}f", *values))
    return field(1, b"".join(varint(value) for value in values))


def unpacked(kind, values):
    """The list message with a tag for each value."""
    if kind == "float":
        return b"".join(b"\x0d" + struct.pack("<f", value) for value in values)
    if kind == "int64":
        return b"".join(b"\x08" + varint(value) for value in values)
    return packed(kind, values)


def feature(kind, values, make_list=packed):
    return field(KINDS[kind], make_list(kind, values)) if kind else b""


def entry(name, value):
    return field(1, field(1, name.encode()) + field(2, value))


def record(context, lists=None):
    """As TensorFlow's deterministic serialisation has it: names in order, all values packed."""
    data = field(1, b"".join(entry(name, feature(*context[name])) for name in sorted(context)))
    if lists:
        steps = {name: b"".join(field(1, feature(*step)) for step in lists[name])
                 for name in sorted(lists)}
        data += field(2, b"".join(entry(name, value) for name, value in steps.items()))
    return data


# ---- reading ----

def _varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        shift += 7
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """[(number, bytes or int)]"""
    at, found = 0, []
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 2:
            length, at = _varint(data, at)
            assert at + length <= len(data)
            found.append((tag >> 3, data[at:at + length]))
            at += length
        elif tag & 7 == 0:
            value, at = _varint(data, at)
            found.append((tag >> 3, value))
        else:
            raise ValueError(f"wire type {tag & 7}")
    return found


def _feature(data):
    if not data:
        return None, []
    (number, values), = fields(data)
    kind = NAMES[number]
    if kind == "bytes":
        return kind, [value for _, value in fields(values)]
    (_, values), = fields(values) or [(1, b"")]
    if kind == "float":
        return kind, list(struct.unpack(f"<{len(values) // 4}f", values))
    numbers, at = [], 0
    while at < len(values):
        number, at = _varint(values, at)
        numbers.append(number - (1 << 64) if number >> 63 else number)
    return kind, numbers


def _map(data):
    found = {}
    for _, one in fields(data):
        parts = dict(fields(one))
        found[parts[1].decode()] = parts.get(2, b"")
    return found


def parse(data):
    """A record of packed values."""
    maps = dict(fields(data))
    context = {name: _feature(value) for name, value in _map(maps.get(1, b"")).items()}
    lists = {name: [_feature(step) for _, step in fields(value)]
             for name, value in _map(maps.get(2, b"")).items()}
    return context, lists


def records(content):
    """The records of a file; every checksum is held against its bytes."""
    at, found = 0, []
    while at < len(content):
        head = content[at:at + 8]
        length, = struct.unpack("<Q", head)
        assert content[at + 8:at + 12] == masked(head)
        data = content[at + 12:at + 12 + length]
        assert len(data) == length
        assert content[at + 12 + length:at + 16 + length] == masked(data)
        found.append(data)
        at += 16 + length
    return found
