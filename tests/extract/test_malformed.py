"""Bad files, each with its stated outcome: so many records of which so many are rejected, or an error that says why."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import pytest
from reading import read_bytes, read_file

from gvrc.errors import SourceFileError

if TYPE_CHECKING:
    from pathlib import Path

A = b'{"name": "Umoja Clinic", "code": 1}'
B = b'{"name": "Kayole Clinic", "code": 2}'
C = b'{"name": "Dandora Clinic", "code": 3}'


class Loads(NamedTuple):
    """The file is read: records in all, rejects among them, and the kinds of issue."""

    read: int
    rejects: dict[str, int] = {}  # noqa: RUF012 - never changed
    issues: tuple[str, ...] = ()


class Fails(NamedTuple):
    """The file is refused; the message has this in it."""

    message: str


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def listed(*records: bytes) -> bytes:
    return b"[" + b", ".join(records) + b"]"


DEEP = 10_000
CASES: dict[str, tuple[bytes, Loads | Fails]] = {
    # nothing in it
    "empty": (b"", Fails("is empty")),
    "only white space": (b" \n\t\r\n ", Fails("is empty")),
    "only a byte order mark": (b"\xef\xbb\xbf", Fails("is empty")),
    "only a UTF-16 byte order mark": (b"\xff\xfe", Fails("is empty")),
    "an empty list": (b"[]", Fails("holds no facilities: the document is an empty list")),
    "an empty object": (b"{}", Fails("holds no facilities")),
    "an empty page": (b'{"count": 0, "results": []}', Fails("holds no facilities: results is an empty list")),
    "an empty gzip file": (gzip.compress(b""), Fails("is empty")),
    "zero bytes": (b"\x00" * 64, Fails("is not JSON")),
    # no document
    "a number": (b"42", Fails("holds no facilities: the document is a number")),
    "a text": (b'"Umoja Clinic"', Fails("holds no facilities: the document is a text")),
    "null": (b" null\n", Fails("holds no facilities: the document is null")),
    "true": (b"true", Fails("holds no facilities: the document is true or false")),
    "half a null": (b"nul", Fails("is not JSON")),
    "no number": (b"NaN", Fails("is not JSON")),
    "HTML": (b"<html><body>502 Bad Gateway</body></html>", Fails("is not JSON")),
    "a web page": (b"\n<!DOCTYPE html><title>Sign in</title>", Fails("It is a web page, of an error or to log in")),
    "zero bytes after a list": (listed(A) + b"\x00" * 64, Fails("The file was not written to its end. Fetch it")),
    "CSV": (b"name,code\nUmoja Clinic,1\n", Fails("is not JSON")),
    "JavaScript": (b"var data = " + listed(A), Fails("is not JSON")),
    "a list of numbers": (b"[1, 2, 3]", Fails("holds no facilities")),
    "a list of texts": (b'["Umoja Clinic", "Kayole Clinic"]', Fails("holds no facilities")),
    "a list of nulls": (b"[null, null]", Fails("holds no facilities")),
    "a list of lists": (b'[["Umoja Clinic", 1]]', Fails("holds no facilities")),
    "objects without a name": (b'[{"code": 1}, {"code": 2}]', Fails("objects with the keys code")),
    "an error of an API": (
        b'{"detail": "Authentication credentials were not provided."}',
        Fails("holds no facilities"),
    ),
    # cut off
    "cut off inside a record": (b"[" + A + b', {"name": "Kay', Fails("is cut off at byte")),
    "cut off after a record": (b"[" + A + b", " + B, Fails("is cut off at byte")),
    "cut off after a comma": (b"[" + A + b", ", Fails("is cut off at byte")),
    "cut off inside the first record": (b'[{"name": "Umo', Fails("is cut off at byte")),
    "cut off after a list inside a record": (
        b"[" + A + b', {"name": "Kay", "services": ["PEP"]',
        Fails("is cut off at byte"),
    ),
    "cut off further on": (
        b"[" + A + b', {"name": "Kay", "services": ["PEP"], "beds": 4, "x',
        Fails("is cut off at byte"),
    ),
    "cut off after the opening bracket": (b"[", Fails("is cut off at byte 1")),
    "cut off inside an envelope": (b'{"results": [' + A + b"], ", Fails("is cut off at byte")),
    "cut off inside a key": (b'{"resu', Fails("is cut off at byte")),
    "cut off after a key": (b'{"results"', Fails("is cut off at byte")),
    "cut off inside a single record": (b'{"name": "Umoja Clinic", "code":', Fails("is cut off at byte")),
    "cut off inside the last line": (A + b"\n" + B + b'\n{"name": "Dan', Fails("is cut off at byte")),
    "cut off inside a number of the list": (b"[" + A + b", 12", Fails("is cut off at byte")),
    "a gzip file that is cut off": (gzip.compress(listed(A, B) * 500)[:-40], Fails("gzip file is cut off")),
    "a gzip file that is damaged": (gzip.compress(listed(A, B))[:-8] + b"\x00" * 8, Fails("is damaged")),
    "UTF-16 that ends in half a character": ("[".encode("utf-16") + b"{", Fails("is not valid utf-16-le")),
    # malformed in the middle: the others live
    "a record without a value": (listed(A, b'{"name": }', C), Loads(3, {"unreadable_record": 1})),
    "a record without a colon": (listed(A, b'{"name" "Kayole"}', C), Loads(3, {"unreadable_record": 1})),
    "a record without quotes": (listed(A, b"{name: 'Kayole'}", C), Loads(3, {"unreadable_record": 1})),
    "a record with a comma too many": (listed(A, b'{"name": "Kayole",}', C), Loads(3, {"unreadable_record": 1})),
    "a text that is not closed": (listed(A, b'{"name": "Kayole, "code": 2}', C), Loads(3, {"unreadable_record": 1})),
    "an unknown escape": (listed(A, b'{"name": "Kay\\xole"}', C), Loads(3, {"unreadable_record": 1})),
    "a number with a zero in front": (listed(A, b'{"name": "K", "code": 007}', C), Loads(3, {"unreadable_record": 1})),
    "a Python literal": (listed(A, b'{"name": "K", "open": True}', C), Loads(3, {"unreadable_record": 1})),
    "a bracket that does not fit": (listed(A, b'{"name": "K", "l": [1}', C), Loads(3, {"unreadable_record": 1})),
    "malformed in the first record": (listed(b'{"name": }', B, C), Loads(3, {"unreadable_record": 1})),
    "malformed in the last record": (listed(A, B, b'{"name": }'), Loads(3, {"unreadable_record": 1})),
    "malformed in an envelope's list": (
        b'{"results": ' + listed(A, b'{"name": }', C) + b', "next": null}',
        Loads(3, {"unreadable_record": 1}),
    ),
    "malformed lines among others": (A + b"\n{oops\n" + C + b"\n", Loads(3, {"unreadable_record": 1})),
    "nothing but malformed records": (b'[{"name": }, {"name": ]', Fails("holds no readable record")),
    "nothing but one malformed record": (b'[{"name": }]', Fails("holds no readable record")),
    "malformed before the list": (b'{"count": 1 "results": ' + listed(A) + b"}", Loads(1)),
    "a key without quotes in the envelope": (b"{results: " + listed(A) + b"}", Fails("is malformed at byte 1")),
    "a comma after the last record": (b"[" + A + b", " + B + b",]", Loads(2)),
    "a comma between nothing": (b"[" + A + b",, " + B + b"]", Loads(2)),
    "text after the end": (listed(A) + b" and so on", Fails("is not JSON: byte")),
    "a bracket too many": (listed(A) + b"]", Fails("is not JSON: byte")),
    # not a record
    "a number among records": (listed(A, b"42", C), Loads(3, {"not_an_object": 1})),
    "a text among records": (listed(A, b'"see next page"', C), Loads(3, {"not_an_object": 1})),
    "null among records": (listed(A, b"null", C), Loads(3, {"not_an_object": 1})),
    "a list among records": (listed(A, B, b'["x", 1]'), Loads(3, {"not_an_object": 1})),
    "true at the front": (listed(b"true", B), Loads(2, {"not_an_object": 1})),
    "an empty object among records": (listed(A, b"{}", C), Loads(3)),
    "a number as a line": (A + b"\n42\n" + C + b"\n", Loads(3, {"not_an_object": 1})),
    # lenient reading, with an issue
    "NaN": (listed(A, b'{"name": "K", "lat": NaN}'), Loads(2, {}, ("number_out_of_range",))),
    "Infinity": (listed(A, b'{"name": "K", "lat": -Infinity}'), Loads(2, {}, ("number_out_of_range",))),
    "1e400": (listed(A, b'{"name": "K", "lat": 1e400}'), Loads(2, {}, ("number_out_of_range",))),
    "NaN in a list": (listed(b'{"name": "K", "location": [NaN, 36.8]}'), Loads(1, {}, ("number_out_of_range",))),
    "NaN in a single record": (b'{"name": "K", "lat": NaN}', Loads(1, {}, ("number_out_of_range",))),
    "NaN in a line": (A + b'\n{"name": "K", "lat": NaN}\n', Loads(2, {}, ("number_out_of_range",))),
    "half a surrogate pair": (listed(A, b'{"name": "K\\ud83d", "code": 2}', C), Loads(3, {}, ("invalid_text",))),
    "the other half": (listed(b'{"name": "K\\ude00"}'), Loads(1, {}, ("invalid_text",))),
    "a line break in a text": (listed(A, b'{"name": "Kayole\nClinic"}', C), Loads(3, {}, ("invalid_text",))),
    "a tab in a text": (listed(A, b'{"name": "Kayole\tClinic"}'), Loads(2, {}, ("invalid_text",))),
    "a zero byte in a text": (listed(b'{"name": "Kayole\x00"}'), Loads(1, {}, ("invalid_text",))),
    "a zero byte that is escaped": (listed(A, b'{"name": "K\\u0000", "code": 2}'), Loads(2, {}, ("invalid_text",))),
    "an escape in a phone": (listed(b'{"name": "K", "phone": "070\\u001F0000016"}'), Loads(1, {}, ("invalid_text",))),
    "an escape in an owner": (listed(b'{"name": "K", "owner": {"name": "x\\\\\\b"}}'), Loads(1, {}, ("invalid_text",))),
    "an escape in a service": (listed(b'{"name": "K", "services": ["\\u009fx"]}'), Loads(1, {}, ("invalid_text",))),
    "a control character of Latin-1": (listed('{"name": "K\x9f"}'.encode()), Loads(1, {}, ("invalid_text",))),
    "an escape in a line": (A + b'\n{"name": "K\\u007f"}\n', Loads(2, {}, ("invalid_text",))),
    "a line's end that is escaped": (listed(A, b'{"name": "K", "address": "a\\nb\\tc\\u000a\\u00e9"}'), Loads(2)),
    "the text of an escape": (listed(A, b'{"name": "K", "description": "\\\\u0000 \\\\b"}'), Loads(2)),
    "a key twice": (listed(A, b'{"name": "K", "code": 2, "code": 3}'), Loads(2, {}, ("duplicate_key",))),
    "a key twice, spaced": (listed(b'{"name" : "K", "code" : 2, "code" : 3}'), Loads(1, {}, ("duplicate_key",))),
    "a key twice, one spaced": (listed(b'{"a": 1, "name" : "A", "name": "B"}'), Loads(1, {}, ("duplicate_key",))),
    "a key twice, one after a tab": (listed(b'{"a": 1, "name"\t: "A", "name": "B"}'), Loads(1, {}, ("duplicate_key",))),
    "a key twice, further in": (listed(b'{"name": "K", "o": {"x": 1, "x": 2}}'), Loads(1, {}, ("duplicate_key",))),
    "a key twice with one value": (listed(b'{"name": "K", "code": 2, "code": 2}'), Loads(1)),
    "a key twice in an envelope": (b'{"data": ' + listed(A) + b', "data": ' + listed(B) + b"}", Loads(2)),
    "Latin-1": (listed(A, '{"name": "Clinique Père"}'.encode("latin-1")), Loads(2, {}, ("invalid_text",))),
    "bytes that are no text": (listed(b'{"name": "K\xff\xfe\x81"}'), Loads(1, {}, ("invalid_text",))),
    "a UTF-8 character that is cut": (listed(b'{"name": "Kayole \xe2\x80"}'), Loads(1, {}, ("invalid_text",))),
    # sound, if strange
    "a 30-digit integer": (listed(b'{"name": "K", "code": 123456789012345678901234567890}'), Loads(1)),
    "a 5,000-digit integer": (listed(b'{"name": "K", "code": ' + b"9" * 5000 + b"}"), Loads(1)),
    "1e-400": (listed(b'{"name": "K", "lat": 1e-400}'), Loads(1)),
    "a name of 1 MB": (listed(b'{"name": "' + b"K" * 1_000_000 + b'"}'), Loads(1)),
    "a record of 3 MB": (listed(A, b'{"name": "K", "x": "' + b"x" * 3_000_000 + b'"}', C), Loads(3)),
    "20,000 keys in a record": (
        json.dumps([{"name": "K"} | {f"key {n}": n for n in range(20_000)}]).encode(),
        Loads(1),
    ),
    "other keys in each of 3,000 records": (
        json.dumps([{"name": "K"} | {f"key {n} {m}": n for n in range(20)} for m in range(3_000)]).encode(),
        Loads(3_000),
    ),
    "an emoji": (listed('{"name": "Kayole 😀"}'.encode()), Loads(1)),
    "a byte order mark": (b"\xef\xbb\xbf" + listed(A), Loads(1)),
    "UTF-16 with a mark": (listed(A).decode().encode("utf-16"), Loads(1)),
    "UTF-16 without a mark, big end first": (listed(A).decode().encode("utf-16-be"), Loads(1)),
    "UTF-32 with a mark": (listed(A).decode().encode("utf-32"), Loads(1)),
    "UTF-32 without a mark": (listed(A).decode().encode("utf-32-le"), Loads(1)),
    "a record separator before each line": (b"\x1e" + A + b"\n\x1e" + B + b"\n", Loads(2)),
    "lines that end in CR LF": (A + b"\r\n" + B + b"\r\n", Loads(2)),
    "empty lines between lines": (A + b"\n\n\n" + B + b"\n\n", Loads(2)),
    "a last line without an end": (A + b"\n" + B, Loads(2)),
    "objects without a line between": (A + B + C, Loads(3)),
    "objects over several lines": (b'{\n "name": "A1"\n}\n{\n "name": "B2"\n}\n', Loads(2)),
    "lists one after the other": (listed(A) + b"\n" + listed(B, C), Loads(3)),
    "gzip": (gzip.compress(listed(A, B)), Loads(2)),
    "two gzip files in one": (gzip.compress(b"[" + A + b",") + gzip.compress(B + b"]"), Loads(2)),
    "a zip of one JSON file": (zipped(**{"a.json": listed(A)}), Loads(1)),
    # depth
    "lists 10,000 deep": (b"[" * DEEP + b"]" * DEEP, Fails("holds no")),
    "lists 10,000 deep, not closed": (b"[" * DEEP, Fails("")),
    "objects 10,000 deep": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, Fails("nested deeper than")),
    "objects 10,000 deep, not closed": (b'{"a":' * DEEP, Fails("nested deeper than")),
    "a record 10,000 deep": (
        listed(A, b'{"name": "K", "x": ' + b"[" * DEEP + b"]" * DEEP + b"}", C),
        Loads(3, {"unreadable_record": 1}),
    ),
    "lists 4,000 deep around a record": (b"[" * 4_000 + A + b"]" * 4_000, Fails("nested too deeply")),
    "lists 4,000 deep beside the records": (
        b'{"meta": ' + b"[" * 4_000 + b"]" * 4_000 + b', "data": ' + listed(A) + b"}",
        Fails(""),
    ),
    "a record 300 deep": (listed(b'{"name": "K", "x": ' + b'{"y":' * 300 + b"1" + b"}" * 300 + b"}"), Loads(1)),
    "a record 900 deep": (listed(A, b'{"name": "K", "x": ' + b"[" * 900 + b"]" * 900 + b"}"), Loads(2)),
    # packed in another way
    "a spreadsheet": (
        zipped(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}),
        Fails("a spreadsheet or a document of Office"),
    ),
    "a zip of two files": (zipped(**{"a.json": listed(A), "b.json": listed(B)}), Fails("zip archive of 2 files")),
    "a zip that is cut off": (zipped(**{"a.json": listed(A)})[:60], Fails("zip archive that cannot be read")),
    "an empty zip": (zipped(), Fails("empty zip archive")),
    "xz": (b"\xfd7zXZ\x00\x00", Fails("is xz, not JSON")),
    "bzip2": (b"BZh91AY&SY", Fails("is bzip2, not JSON")),
    "an SQLite database": (b"SQLite format 3\x00", Fails("SQLite")),
    "a PDF": (b"%PDF-1.7", Fails("PDF")),
}


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
@pytest.mark.timeout(20)
def test_a_bad_file_has_its_stated_outcome(name: str) -> None:
    content, outcome = CASES[name]
    if isinstance(outcome, Fails):
        with pytest.raises(SourceFileError) as caught:
            read_bytes(content)
        assert outcome.message in str(caught.value)
        assert str(caught.value).startswith("made_up.json: ")
    else:
        frame, reading = read_bytes(content)
        assert (frame.height, reading.read) == (outcome.read, outcome.read)
        assert dict(frame["reject_reason"].drop_nulls().value_counts().iter_rows()) == outcome.rejects
        issues = {column for column in frame.columns if column.startswith("issue.") and frame[column].count()}
        assert issues == {f"issue.{kind}" for kind in outcome.issues}


@pytest.mark.parametrize("depth", [900, 4_000])
@pytest.mark.parametrize("beginning", [b"[", b'{"a":'])
def test_contacts_in_lists_without_end_cost_their_record_at_the_most(depth: int, beginning: bytes) -> None:
    ending = {b"[": b"]", b'{"a":': b"}"}[beginning]
    contacts = beginning * depth + b"0" + ending * depth
    frame, _ = read_bytes(listed(A, b'{"name": "K", "contacts": ' + contacts + b"}", C))
    assert frame.height == 3
    assert set(frame["reject_reason"].drop_nulls()) <= {"unreadable_record"}  # by the version of Python


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("cut off") and "envelope" not in name])
def test_what_came_before_the_end_is_salvaged(name: str) -> None:
    content, _ = CASES[name]
    whole = content.count(b'"code": 1}') + content.count(b'"code": 2}')
    if not whole:
        with pytest.raises(SourceFileError, match="cut off"):
            read_bytes(content, salvage=True)
    else:
        frame, reading = read_bytes(content, salvage=True)
        assert reading.readable == whole
        assert "cut off at byte" in (reading.error or "")
        assert f"Records that begin before: {frame.height:,}." in (reading.error or "")


def test_the_end_of_a_cut_gzip_file_is_salvaged() -> None:
    records = [json.dumps({"name": f"Clinic {os.urandom(8).hex()}", "code": n}) for n in range(2_000)]
    frame, reading = read_bytes(gzip.compress(f"[{','.join(records)}]".encode())[:-4_000], salvage=True)
    assert 0 < reading.readable < len(records)
    assert (
        frame["facility_name"].drop_nulls().to_list()
        == [json.loads(text)["name"] for text in records][: reading.readable]
    )
    assert "cut off" in (reading.error or "")


def test_a_folder_is_no_source_file(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="is a folder, not a file"):
        read_file(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(SourceFileError, match="not a regular file"):
        read_file(tmp_path / "pipe.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    path = tmp_path / "locked.json"
    path.write_bytes(listed(A))
    path.chmod(0)
    with pytest.raises(SourceFileError, match="cannot be read"):
        read_file(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="cannot be read"):
        read_file(tmp_path / "gone.json")


def test_a_broken_record_says_where_it_breaks() -> None:
    frame, _ = read_bytes(CASES["a record without a value"][0])
    assert frame["record_number"].to_list() == [1, 2, 3]
    assert frame["raw"][1] == '{"name": }'
    assert frame["reject_detail"][1] == "Expecting value at character 10 of the record"


def test_what_was_out_of_range_is_told_with_its_key() -> None:
    frame, _ = read_bytes(CASES["1e400"][0])
    assert frame["issue.number_out_of_range"].to_list() == [None, "lat=1e400"]
    assert frame["latitude"].to_list() == [None, None]


@pytest.mark.parametrize("records", [1, 60])  # 60 are read together
@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"2.5471e+11", "2.5471e+11"),  # as R writes 254712345678
        (b"2.54700000017e+11", "254700000017.0"),
        (b"2.547E11", "254700000000.0"),  # as Java writes 254700000000
        (b"1.3012e+05", "1.3012e+05"),
        (b"1.30125e+05", "130125.0"),
    ],
)
def test_a_number_without_its_last_digits_is_read_as_it_is_written(written: bytes, read: str, records: int) -> None:
    frame, _ = read_bytes(listed(*[b'{"name": "Umoja Clinic", "code": %s}' % written] * records))
    assert frame["facility_code"].to_list() == [read] * records


@pytest.mark.parametrize(
    "document",
    [
        b'{"columns": ["code", "name", "ward"], "data": [[1.3012e+05, "A Clinic", "A"], [1.3013e+05, "B", "B"]]}',
        b'{"code": {"0": 1.3012e+05, "1": 1.3013e+05}, "name": {"0": "A", "1": "B"}, "ward": {"0": "A", "1": "B"}}',
        b'{"code": [1.3012e+05, 1.3013e+05], "name": ["A Clinic", "B Clinic"], "ward": ["A", "B"]}',
        b'{"A Clinic": {"code": 1.3012e+05, "ward": "A"}, "B Clinic": {"code": 1.3013E+05, "ward": "B"}}',
        b'[["code", "name", "ward"], [1.3012e+05, "A Clinic", "A"], [1.3013e+05, "B Clinic", "B"]]',
    ],
)
def test_a_number_without_its_last_digits_in_a_table_is_read_as_it_is_written(document: bytes) -> None:
    frame, _ = read_bytes(document)
    assert [code.lower() for code in frame["facility_code"]] == ["1.3012e+05", "1.3013e+05"]


@pytest.mark.parametrize(
    ("odd", "issue"),
    [
        (b'{"name": "K", "code": 2, "code": 3}', "issue.duplicate_key"),
        (b'{"name" : "K", "code" : 2, "code" : 3}', "issue.duplicate_key"),
        (b'{"code": 2, "code": 3}', "issue.duplicate_key"),
        (b'{"name": "K", "code": {"x": 1, "x": 2}}', "issue.duplicate_key"),
        (b'{"name": "K", "code": NaN}', "issue.number_out_of_range"),
        (b'{"name": "K\\ud800", "code": 2}', "issue.invalid_text"),
        (b'{"name": "K\\u0000", "code": 2}', "issue.invalid_text"),
        (b'{"name": "K\x7f", "code": 2}', "issue.invalid_text"),
        (b'{"name": "K", "code": }', "reject_reason"),
        (b"42", "reject_reason"),
    ],
)
@pytest.mark.parametrize("place", [0, 30, 99])
def test_an_odd_record_is_told_among_many_that_are_alike(odd: bytes, issue: str, place: int) -> None:
    records = [b'{"name": "A", "code": %d}' % number for number in range(99)]
    frame, _ = read_bytes(listed(*records[:place], odd, *records[place:]))
    assert frame[issue].is_not_null().arg_true().to_list() == [place]
    assert frame.height == 100
    others = frame.filter(frame["record_number"] != place + 1)
    assert others["facility_code"].to_list() == [str(number) for number in range(99)]


def test_the_earlier_value_of_a_key_given_twice_is_told() -> None:
    frame, _ = read_bytes(CASES["a key twice"][0])
    assert frame["issue.duplicate_key"].to_list() == [None, "code=2"]
    assert frame["facility_code"].to_list() == ["1", "3"]
