"""One run over files that nobody would want to get: each has its outcome, and none stops the others."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

from gvrc.pipeline import run
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import FileAccount
    from gvrc.database import Database
    from gvrc.settings import Settings


def clinic(code: int, **more: object) -> bytes:
    return json.dumps([{"name": "Umoja Clinic", "code": code, "county": "Nairobi", **more}]).encode()


def zip_of_a_mac(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in {"list.json": content, "__MACOSX/._list.json": b"x", ".DS_Store": b"x"}.items():
            archive.writestr(name, text)
    return buffer.getvalue()


LOADED: dict[bytes, bytes] = {
    b"a name\nof two lines.json": clinic(101),
    b"caf\xe9.json": clinic(102),
    b"zero bytes in keys and values.json": clinic(103, **{"x\x00y": "\x00", "description": "a\x00b", "phone": "\x00"}),
    b"half characters.json": clinic(104, **{"x\ud800": "\udfff", "services": ["\ud83d"]}),
    b"a zip of a mac.json": zip_of_a_mac(clinic(105)),
    b"zero bytes in the way to the records.json": b'{"clin\0ics": ' + clinic(110) + b"}",
    b"gzip with zeros after it.json": gzip.compress(clinic(106)) + b"\x00" * 512,
    b"digits of another script.json": clinic(107, beds="١٢", lat="٣٦.٨", phone="٠٧٠٠٠٠٠٠١٦"),
    b"years that are none.json": clinic(108, updated="99999-01-01", created="0001-01-01"),
    b"a statement.json": clinic(109, ward="'; DROP TABLE facilities; --", address="$1 %s {0}"),
}
REFUSED: dict[bytes, tuple[bytes, str]] = {
    b"a bomb of spaces.json": (gzip.compress(b" " * 20_000_000), "is empty"),
    b"a bomb in a text.json": (gzip.compress(b'{"a":"' + b"x" * 40_000_000), "more than 16 MB at byte 5. Take it out"),
    b"a bomb in a record.json": (
        gzip.compress(b'[{"name":"' + b"x" * 40_000_000),
        "more than 16 MB at byte 1. Take it out",
    ),
    b"gzip in gzip.json": (gzip.compress(gzip.compress(clinic(1))), "is not JSON"),
    b"gzip with more after it.json": (gzip.compress(clinic(1)) + b"junk", "is damaged"),
    b"two encodings.json": (b"\xef\xbb\xbf" + clinic(1).decode().encode("utf-16"), "is not JSON"),
    b"a person after the list.json": (clinic(1) + b" call 0700000016", "is not JSON"),
}


def test_each_file_of_a_hostile_folder_has_its_outcome(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    for name, content in (LOADED | {name: content for name, (content, _) in REFUSED.items()}).items():
        (tmp_path / os.fsdecode(name)).write_bytes(content)
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "to nowhere.json").symlink_to("nowhere")
    (tmp_path / os.fsdecode(b"to nowhere in latin-1 \xff.json")).symlink_to("nowhere")

    account = run([str(tmp_path)], settings)

    files = {file.path.rpartition("/")[2]: file for file in account.files}
    assert {name for name, file in files.items() if file.status == "succeeded"} == {shown(name) for name in LOADED}
    assert all(file.inserted == file.read == 1 for file in files.values() if file.status == "succeeded")
    assert {name: told(files[shown(name)], message) for name, (_, message) in REFUSED.items()} == {
        name: message for name, (_, message) in REFUSED.items()
    }
    assert files["pipe.json"].status == files["to nowhere.json"].status == "failed"
    assert files[r"to nowhere in latin-1 \xff.json"].status == "failed"
    assert "0700000016" not in json.dumps(account.as_summary())
    assert count(fresh) == len(LOADED)
    assert account.balances()


def test_a_zero_byte_in_a_record_that_cannot_be_read_costs_that_record_and_no_run(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "zeros.json"
    path.write_bytes(clinic(110)[:-1] + b', {"a": 1 \0}]')
    totals = run([str(path)], settings).totals()
    assert (totals["read"], totals["inserted"], totals["rejected"]) == (2, 1, 1)
    assert count(fresh) == 1


def test_a_key_that_no_index_can_hold_costs_its_record_the_key_and_no_run(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "pictures.json"
    picture = "".join(sha256(bytes([place])).hexdigest() for place in range(250))  # 16,000 characters, nothing to pack
    path.write_bytes(clinic(112, id=picture)[:-1] + b", " + clinic(113, id="KE-113")[1:])

    (file,) = run([str(path)], settings).files

    assert (file.status, file.inserted, file.rejected, list(file.unmapped)) == ("succeeded", 2, 0, ["id"])
    assert rows(fresh, "SELECT source_key FROM etl.facility_source ORDER BY record_number") == [
        {"source_key": None},
        {"source_key": "KE-113"},
    ]


def test_a_link_to_itself_is_a_failed_file_and_costs_no_other(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "itself.json").symlink_to("itself.json")
    (tmp_path / "whole.json").write_bytes(clinic(114))

    account = run([str(tmp_path)], settings)

    assert [(file.status, file.inserted) for file in account.files] == [("failed", 0), ("succeeded", 1)]
    assert "not a regular file" in (account.files[0].error or "")


def shown(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace").replace("\n", "\\n")


def told(file: FileAccount, message: str) -> str | None:
    return message if message in (file.error or "") else file.error


def count(database: Database) -> int:
    return int(rows(database, "SELECT count(*) AS facilities FROM facilities")[0]["facilities"])
