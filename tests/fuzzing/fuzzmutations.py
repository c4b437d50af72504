"""Damage done to valid files: to their bytes, their words or their values; the same for one seed."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

Mutation = Callable[[bytes, random.Random], bytes]

NUMBERS = (
    *("nan", "NaN", "inf", "-Infinity", "-1", "0", "-0", "1e400", "-1e308", "1e-400", "9" * 25, "9" * 400, "9" * 5000),
    *("1,5", "1.5.5", "", " ", "٣", "0x10", "1_000", "+7", "1e", "true", "null", "2147483648", "18446744073709551616"),
    "9223372036854775808",
)
"""What may stand where a number was."""
TEXTS = (
    *("", " ", "\0", "\x1b[31m", "\n", '"', "'", "\\", "<script>", "=1+1", "../../etc/passwd", "/etc/passwd", "C:\\x"),
    *("é" * 300, "x" * 20_000, "٣", "\u202e", "\ud800", "a\0b", "%s%n", "{}", "[", "1e400", "nan", ","),
)
"""What may stand where a text was."""
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        0.5,
        -0.5,
        1e308,
        float("nan"),
        float("inf"),
        10**30,
        -(10**30),
        2**63,
        2**53,
        10**15,
    ),
    *("", "x", "x" * 5000, "\0", "\ud800", "\udc80", "1", "nan", [], {}, [None], [[]], [1, "a"], {"a": []}, {"": 1}),
    *([1e308] * 3, [-1, -2], [10**30], {"x": {"y": None}}),
)
"""What may stand where a JSON value was."""


def damaged_bytes(data: bytes, rng: random.Random) -> bytes:
    """Flip, cut, insert, repeat or blank bytes."""
    body = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at, length = rng.randrange(len(body) + 1), rng.choice((1, 1, 2, 4, 16, 200))
        match rng.randrange(7):
            case 0 if body:
                body[at % len(body)] ^= 1 << rng.randrange(8)
            case 1 if body:
                body[at % len(body)] = rng.choice((0, 255, 127, 128, 40, 10))
            case 2:
                del body[at : at + length]
            case 3:
                body[at:at] = rng.randbytes(length)
            case 4:
                body[at:at] = body[at : at + length]
            case 5:
                body[at : at + length] = bytes(len(body[at : at + length]))
            case _:
                body[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80"))
    return bytes(body)


def cut(data: bytes, rng: random.Random) -> bytes:
    """Keep only the beginning, perhaps nothing."""
    return data[: rng.randrange(len(data) + 1)]


def damaged_text(data: bytes, rng: random.Random) -> bytes:
    """Replace numbers and words, lines, separators, quotes or the encoding of a text."""
    text = data.decode("utf-8", "replace")
    for _ in range(rng.choice((1, 1, 2, 4))):
        text = _one_change(text, rng)
    match rng.randrange(14):
        case 0:
            return text.encode("utf-16", "replace")
        case 1:
            return b"\xef\xbb\xbf" + text.encode("utf-8", "replace")
        case 2:
            return text.replace("\n", "\r").encode("latin-1", "replace")
    return text.encode("utf-8", "surrogatepass" if rng.random() < 0.1 else "replace")


def _one_change(text: str, rng: random.Random) -> str:
    choice = rng.randrange(9)
    if choice <= 2:
        return _replaced(text, r"-?\d+(\.\d+)?", rng.choice(NUMBERS), rng)
    if choice == 3:
        return _replaced(text, r"[A-Za-z_]\w*", rng.choice(TEXTS), rng)
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    if choice == 4:
        lines[at : at + 1] = [lines[at]] * rng.choice((0, 2, 50))
    elif choice == 5:
        cells = re.split(r"([,;\t])", lines[at])
        cells[rng.randrange(len(cells))] = rng.choice((*NUMBERS, *TEXTS))
        lines[at] = "".join(cells)
    elif choice == 6:
        return text.replace(*rng.choice(((",", ";"), (":", " "), ('"', "'"), ("<", "&lt;"), ("{", "["), (" ", "\t"))))
    elif choice == 7:
        place = rng.randrange(len(text) + 1)
        return (
            text[:place]
            + rng.choice(("[" * 3000, "{" * 3000, "<a>" * 500, "(" * 3000, "\0", '"', "&x;", "*a"))
            + text[place:]
        )
    else:
        rng.shuffle(lines)
    return "\n".join(lines)


def _replaced(text: str, pattern: str, new: str, rng: random.Random) -> str:
    found = list(re.finditer(pattern, text))
    if not found:
        return text + new
    one = rng.choice(found)
    return text[: one.start()] + new + text[one.end() :]


def damaged_json(data: bytes, rng: random.Random) -> bytes:
    """Replace, remove or add values of a JSON document, wherever they are."""
    document = json.loads(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        document = changed_value(document, rng)
    return json.dumps(document).encode("utf-8")


def changed_value(document: Any, rng: random.Random) -> Any:
    """Return a document with one value changed; its containers are changed in place."""
    places = list(_places(document))
    if not places or rng.random() < 0.03:
        return _new_value(rng)
    holder, key = rng.choice(places)
    match rng.randrange(8):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[rng.choice(("extra", "", "\0", "version", *map(str, list(holder)[:2])))] = _new_value(rng)
        case 1:
            holder.insert(key, _new_value(rng))
        case 2:
            holder[key] = [holder[key]]
        case 3 if isinstance(holder, list):
            holder.append(holder[key])
        case _:
            holder[key] = _new_value(rng)
    return document


def _new_value(rng: random.Random) -> Any:
    if rng.random() < 0.04:
        deep: Any = 1
        for _ in range(rng.choice((70, 300, 900))):
            deep = [deep] if rng.random() < 0.5 else {"a": deep}
        return deep
    return rng.choice(VALUES)


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys: Any = one if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            found.append((one, key))
            waiting.append(one[key])
    return found


def damaged_json_lines(data: bytes, rng: random.Random) -> bytes:
    """Change the values of one line of many JSON documents."""
    lines = data.splitlines()
    at = rng.randrange(len(lines))
    lines[at] = damaged_json(lines[at], rng)
    return b"\n".join(lines) + b"\n"


def damaged_npy(data: bytes, rng: random.Random) -> bytes:
    """Change the header of an array, or the array: its type, its shape, its values."""
    if rng.random() < 0.5:
        end = 10 + int.from_bytes(data[8:10], "little")
        header = data[10:end].decode("latin-1")
        for _ in range(rng.choice((1, 2))):
            header = _replaced(header, r"\d+|'[^']*'|True|False|[<>|]", rng.choice((*_HEADERS, *NUMBERS)), rng)
        body = header.encode("latin-1", "replace")
        return data[:8] + len(body).to_bytes(4, "little")[:2] + body + data[end:]
    return _npy(_changed_array(np.load(io.BytesIO(data), allow_pickle=False), rng))


_HEADERS = (
    "'<f8'",
    "'|O'",
    "'<U1000000000'",
    "'<i8'",
    "'<c16'",
    "True",
    "(3, 4)",
    "-1",
    "4294967296",
    "[('a','<f4')]",
    "{",
)


def _changed_array(array: np.ndarray, rng: random.Random) -> np.ndarray:
    match rng.randrange(8):
        case 0:
            return array[..., None]
        case 1:
            return array.ravel()
        case 2:
            return array.ravel()[:0]
        case 3:
            return np.array(7)
        case 4:
            return np.zeros(array.shape, rng.choice(("<U3", "<i8", "|b1", "<c8", "<M8[s]", "<f2", "|S4", ">f8")))
        case 5:
            return np.concatenate([array, array]) if array.ndim else array
        case 6 if array.size and array.dtype.kind in "fiu":
            changed = array.astype(np.float64).copy()
            changed.flat[rng.randrange(array.size)] = rng.choice((np.nan, np.inf, -1e300, 2.0**63))
            with np.errstate(all="ignore"):
                return changed.astype(array.dtype) if array.dtype.kind == "f" else changed
        case _:
            return array[::-1] if array.ndim else array
    return array


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array, order="C"), allow_pickle=False)
    return file.getvalue()


def damaged_zip(data: bytes, rng: random.Random) -> bytes:
    """Change a member of an archive: its content, its name, its compression; or leave it out or double it."""
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    chosen, kind = rng.randrange(len(source.namelist())), rng.randrange(7)
    with zipfile.ZipFile(target, "w") as archive:
        for number, entry in enumerate(source.infolist()):
            body, name, packing = source.read(entry), entry.filename, entry.compress_type
            if number == chosen:
                if kind == 0:
                    continue
                if kind == 1:
                    name = rng.choice(_NAMES)
                elif kind == 2:
                    packing = rng.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED))
                elif kind == 3:
                    archive.writestr(zipfile.ZipInfo(name), body, packing)
                else:
                    body = damaged_npy(body, rng) if name.endswith(".npy") else damaged_bytes(body, rng)
            info = zipfile.ZipInfo(name)
            info.external_attr = entry.external_attr
            if number == chosen and kind == 4:
                info.external_attr = 0o120777 << 16
            archive.writestr(info, body, packing)
    return target.getvalue()


_NAMES = (
    "../x",
    "/x",
    "a//b.json",
    "./a.json",
    ".",
    "a/.",
    "C:\\x",
    "a\x01b.json",
    "a\nb.json",
    "é.json",
    "x" * 3000,
    "",
    "a/",
)


def _broken_zip(data: bytes, rng: random.Random) -> bytes:
    """Change single fields of headers, which the archive's directory then contradicts."""
    body = bytearray(data)
    marks = [one.start() for one in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06", data)]
    for _ in range(rng.choice((1, 2, 4))):
        at = rng.choice(marks) + rng.randrange(4, 46)
        if at < len(body):
            body[at] = rng.choice((0, 1, 9, 14, 99, 128, 255, rng.randrange(256)))
    return bytes(body)


BINARY: tuple[Mutation, ...] = (damaged_bytes, damaged_bytes, cut)
FORMS: dict[str, tuple[Mutation, ...]] = {
    "bytes": BINARY,
    "text": (damaged_text, damaged_text, damaged_text, damaged_bytes, cut),
    "json": (damaged_json, damaged_json, damaged_json, damaged_text, damaged_bytes, cut),
    "lines": (damaged_json_lines, damaged_json_lines, damaged_json_lines, damaged_text, damaged_bytes, cut),
    "npy": (damaged_npy, damaged_npy, damaged_bytes, cut),
    "zip": (damaged_zip, damaged_zip, _broken_zip, damaged_bytes, cut),
}
"""Form of a file -> the mutations that suit it."""


def mutated(data: bytes, *, form: str, seed: int) -> bytes:
    """Return a damaged copy of a file, the same for a seed."""
    rng = random.Random(seed)
    try:
        return rng.choice(FORMS[form])(data, rng)
    except UnicodeEncodeError:  # half a surrogate pair, which this encoding cannot hold
        return damaged_bytes(data, rng)
