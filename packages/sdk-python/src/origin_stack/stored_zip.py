"""Reads the one plain kind of ZIP that evidence packs are."""

from __future__ import annotations

import re
import struct
import zlib

_NAME = re.compile(rb"([A-Za-z0-9][A-Za-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*")
_END = struct.Struct("<IHHHHIIH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_UTF8 = 0x0800


def read_stored_zip(data: bytes, *, max_bytes: int = 64 * 1024 * 1024, max_entries: int = 64) -> dict[str, bytes]:
    """File name to bytes. Raises ValueError for anything but stored entries, sorted, back to back, then the directory.

    So two readers cannot see two different archives in it: no compression, encryption, zip64, comments, extra
    fields, duplicate or unsorted names, folders as entries, paths that leave, headers that disagree, wrong CRC, or
    bytes that no entry lists.
    """
    if len(data) > max_bytes:
        raise ValueError(f"larger than {max_bytes} bytes")
    end = len(data) - _END.size
    if end < 0:
        raise ValueError("too short for a ZIP")
    signature, disk, start_disk, here, total, size, offset, comment = _END.unpack_from(data, end)
    if signature != 0x06054B50 or disk or start_disk or here != total or comment or offset + size != end:
        raise ValueError("does not end with one plain ZIP directory: cut, trailing bytes, or a comment")
    if total > max_entries:
        raise ValueError(f"more than {max_entries} entries")
    files: dict[str, bytes] = {}
    at, local_at, before = offset, 0, b""
    for _ in range(total):
        if at + _CENTRAL.size > end:
            raise ValueError("fewer entries in the directory than its end says")
        fields = _CENTRAL.unpack_from(data, at)
        signature, _, _, flags, method, _, _, crc, packed, length, name_size, *others, local_offset = fields
        # What remains: extra field, comment, disk, attributes.
        extra, entry_comment, entry_disk = others[:3]
        name = data[at + _CENTRAL.size : at + _CENTRAL.size + name_size]
        if signature != 0x02014B50 or len(name) != name_size or name_size > 255 or not _NAME.fullmatch(name):
            raise ValueError(f"an entry has the name {name!r}")
        if flags & ~_UTF8 or method or packed != length or extra or entry_comment or entry_disk:
            raise ValueError(f"{name!r} is not a plain stored entry")
        if name <= before or local_offset != local_at:
            raise ValueError(f"{name!r} is out of order, or bytes lie before it")
        if local_at + _LOCAL.size > offset:
            raise ValueError(f"{name!r} is not where the directory says")
        local = _LOCAL.unpack_from(data, local_at)
        data_at = local_at + _LOCAL.size + name_size
        if (local[0], local[2], local[3], *local[6:]) != (0x04034B50, flags, 0, crc, length, length, name_size, 0):
            raise ValueError(f"the header of {name!r} disagrees with the directory")
        if data[local_at + _LOCAL.size : data_at] != name or data_at + length > offset:
            raise ValueError(f"the header of {name!r} disagrees with the directory")
        content = data[data_at : data_at + length]
        if zlib.crc32(content) != crc:
            raise ValueError(f"the CRC of {name!r} is wrong")
        files[name.decode("ascii")] = content
        at, local_at, before = at + _CENTRAL.size + name_size, data_at + length, name
    if local_at != offset or at != end:
        raise ValueError("bytes that no entry lists")
    return files
