"""Files damaged at random, and values where others are expected: no traceback, no hang, no record out of the account.

``GVRC_FUZZ=50000`` sets how many files are tried, ``GVRC_FUZZ_SEED`` where the dice begin.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from reading import read_bytes
from test_fixture import ROWS
from test_unseen_shapes import PARTS_OF_ONE, UNSEEN

from gvrc.errors import SourceFileError
from gvrc.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES: Final = int(os.environ.get("GVRC_FUZZ", "1000"))
SEED: Final = int(os.environ.get("GVRC_FUZZ_SEED", "20251123"))
LONGEST_SECONDS: Final = 5.0
RECORDS: Final = [
    {
        "name": f"Clinic {number}",
        "code": 10_000 + number,
        "county": "Nairobi",
        "lat": -1.25 - number / 1_000,
        "location": {"ward": "Umoja I", "coordinates": [36.8, -1.2]},
        "contacts": [{"type": "phone", "value": "0700000016"}, {"type": "email", "value": "a@example.org"}],
        "services": ["PEP", 'Counselling "24/7"', "Père"],
        "open": number % 2 == 0,
        "closed_on": None,
    }
    for number in range(12)
]
SHAPES: Final[list[bytes]] = [
    json.dumps(RECORDS).encode(),
    json.dumps(RECORDS, indent=2, ensure_ascii=False).encode(),
    json.dumps({"count": 12, "next": None, "results": RECORDS, "pages": [1, 2]}, separators=(",", ":")).encode(),
    b"\n".join(json.dumps(record).encode() for record in RECORDS),
    json.dumps({"Nairobi": {"medical": RECORDS[:6]}, "Kisumu": {"legal": RECORDS[6:]}}).encode(),
    json.dumps({"type": "FeatureCollection", "features": [{"properties": record} for record in RECORDS]}).encode(),
    json.dumps([{"model": "facilities.facility", "pk": 1, "fields": record} for record in RECORDS]).encode(),
    json.dumps(RECORDS[0]).encode(),
    json.dumps(RECORDS).encode("utf-16"),
    gzip.compress(json.dumps(RECORDS).encode()),
]
# Of every form that is read, and of many records with the same keys, which are read as columns.
DOCUMENTS: Final[list[Any]] = [
    *(json.loads(shape) for shape in SHAPES[:3]),
    *(json.loads(shape) for shape in SHAPES[4:8]),
    RECORDS * 4,
    ROWS,
    *(document for document, _ in [*UNSEEN.values(), *PARTS_OF_ONE.values()] if not isinstance(document, bytes)),
]
OTHER_KINDS: Final[list[Any]] = [
    *(None, True, False, 0, -1, 1.5, 10**30, 1e308, "", "null", "[]", '{"a": 1}', "\0", "long " * 99),
    *([], [[]], [{}], [None], ["a"], [1, "a", None, {}], [[1, 2], [3, 4]]),
    *({}, {"": ""}, {"type": []}, {"type": {}}, {"id": 1, "type": "a"}),
]
NASTY: Final[list[bytes]] = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\n", b"\x1e"),
    *(b"NaN", b"1e999", b"-", b'"name":', b"null", b"},{", b"[" * 3_000, b'{"a":' * 3_000, b"9" * 6_000),
]


def test_damaged_files_never_surprise() -> None:
    dice = random.Random(SEED)  # noqa: S311 - no secrets here
    for number in range(FILES):
        content = damaged(dice.choice(SHAPES), dice)
        started = time.perf_counter()
        try:
            frame, reading = read_bytes(content, salvage=dice.random() < 0.5)
        except SourceFileError:
            pass  # refused in words
        except BaseException as error:
            error.add_note(f"file {number} of seed {SEED}: {content[:2_000]!r}")
            raise
        else:
            assert frame.height == reading.read == reading.readable + frame["reject_reason"].count(), number
        assert time.perf_counter() - started < LONGEST_SECONDS, number


def test_values_of_another_kind_never_surprise() -> None:
    dice = random.Random(SEED)  # noqa: S311 - no secrets here
    values = [parent[key] for document in DOCUMENTS for parent, key in places_in(document)]
    keys = sorted({key for document in DOCUMENTS for _, key in places_in(document) if isinstance(key, str)})
    for number in range(FILES):
        content = json.dumps(mistaken(deepcopy(dice.choice(DOCUMENTS)), values, keys, dice)).encode()
        try:
            frame, reading = read_bytes(content)
            normalise(frame)
        except SourceFileError:
            continue  # refused in words
        except BaseException as error:
            error.add_note(f"document {number} of seed {SEED}: {content[:2_000]!r}")
            raise
        assert frame.height == reading.read == reading.readable + frame["reject_reason"].count(), number


def mistaken(document: Any, values: list[Any], keys: list[str], dice: random.Random) -> Any:
    """Put something else in the place of one to five values, or a value under another's key."""
    for _ in range(dice.choice((1, 1, 2, 3, 5))):
        if places := list(places_in(document)):
            parent, key = dice.choice(places)
            parent[key] = deepcopy(dice.choice(dice.choice((OTHER_KINDS, values))))
            if isinstance(parent, dict) and dice.random() < 0.3:
                parent[dice.choice(keys)] = parent.pop(key)
    return document


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Give every place of a value inside a document: what it stands in, and its key or index there."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield value, key
            yield from places_in(inner)


def test_records_outside_the_damage_are_never_lost() -> None:
    dice = random.Random(SEED)  # noqa: S311 - no secrets here
    for number in range(FILES // 5):
        hurt = dice.randrange(12)
        texts = [json.dumps(record).encode() for record in RECORDS]
        texts[hurt] = b"{" + damaged(texts[hurt][1:-1], dice) + b"}"
        try:
            frame, _ = read_bytes(b"[" + b",".join(texts) + b"]")
        except SourceFileError:
            continue  # the whole file is refused: nothing of it is loaded in part
        found = set(frame["facility_code"].drop_nulls())
        assert {str(record["code"]) for row, record in enumerate(RECORDS) if row != hurt} <= found, (
            number,
            texts[hurt],
        )


def damaged(content: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        content = dice.choice(DAMAGES)(content, dice.randrange(len(content) + 1), dice)
    return content


def _cut(content: bytes, place: int, _: random.Random) -> bytes:
    return content[:place]


def _insert(content: bytes, place: int, dice: random.Random) -> bytes:
    return content[:place] + dice.choice(NASTY) + content[place:]


def _flip(content: bytes, place: int, dice: random.Random) -> bytes:
    return content[:place] + bytes([dice.randrange(256)]) + content[place + 1 :]


def _leave_out(content: bytes, place: int, dice: random.Random) -> bytes:
    return content[:place] + content[place + dice.choice((1, 1, 5, 60)) :]


def _repeat(content: bytes, place: int, dice: random.Random) -> bytes:
    length = dice.choice((1, 10, 100))
    return content[: place + length] + content[place:]


def _swap(content: bytes, place: int, dice: random.Random) -> bytes:
    return content[place:] + content[:place] if dice.random() < 0.1 else _flip(content, place, dice)


DAMAGES: Final[tuple[Callable[[bytes, int, random.Random], bytes], ...]] = (
    _cut,
    _insert,
    _insert,
    _flip,
    _leave_out,
    _repeat,
    _swap,
)
