"""A key that is a person's name or a telephone number is not shown; a key of a schema is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from reading import read_bytes

from gvrc.errors import SourceFileError
from gvrc.log import start_logging, stop_logging
from gvrc.meaning.shown_keys import shown_key, shown_path, shown_types, shown_unmapped
from gvrc.pipeline import run
from gvrc.values.contact_forms import read_contacts
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

PERSONAL = ("Mary Fict", "0700000016", "mary.fict@example.org", "+254 700 000 016", "JANE", "Jane", "O'Fict", "x" * 61)


@pytest.mark.parametrize("key", PERSONAL)
def test_a_key_that_may_be_a_person_is_not_shown(key: str) -> None:
    assert shown_key(key) == "***"


@pytest.mark.parametrize(
    "key",
    [
        *(
            "beds",
            "sub_location",
            "openingHours",
            "addr:city",
            "@id",
            "$oid",
            "group_a/beds_2",
            "name:en",
            "HMIS_",
            "FNO",
        ),
        *("Facility Name", "Sub County", "Keph level", "Police Stations", "Legal Aid", "Nairobi", "Homa Bay County"),
    ],
)
def test_a_key_of_a_schema_or_about_facilities_is_shown(key: str) -> None:
    assert shown_key(key) == key


def test_the_kind_of_facility_that_a_list_is_of_is_shown_and_the_parent_of_a_person_is_not() -> None:
    frame, reading = read_bytes(b'{"legal_aid": [{"name": "A Clinic", "type": "Clinic", "parent": "Mary Fict"}]}')
    assert frame["facility_name"].to_list() == ["A Clinic"]
    told = shown_unmapped(reading.unmapped)
    assert (told["parent_group"], told["parent"]) == ((1, "legal_aid"), (1, "***"))


def test_a_key_that_is_repeated_is_shown_unless_it_stands_where_persons_are_told_of() -> None:
    assert shown_path(["tariffs", "Consultation Fee"], is_repeated=True) == "tariffs.Consultation Fee"
    assert shown_path(["tariffs", "Consultation Fee"]) == "tariffs.***"
    assert shown_path(["survivors", "Mary Fict"], is_repeated=True) == "survivors.***"
    assert shown_path(["Mary Fict", "Jane Fict"], is_repeated=True) == "***.***"
    assert shown_path(["0700000016"], is_repeated=True) == "***"


def test_hidden_keys_are_counted_together_and_show_no_example() -> None:
    unmapped = {"rooms.Mary Fict": (1, "4"), "rooms.Jane Fict": (1, "x"), "rooms.beds": (2, "7"), "Wall": (2, "x")}
    told = {"rooms.***": (2, "***"), "rooms.beds": (2, "7"), "Wall": (2, "x")}
    assert shown_unmapped(unmapped) == told
    assert shown_unmapped(told) == told
    assert shown_types({"a.Mary Fict": {"text", "list"}, "Wall": {"text", "number"}}) == {
        "a.Mary Fict": ["list", "text"],
        "Wall": ["number", "text"],
    }


def test_what_a_version_that_hid_less_has_stored_of_a_file_is_hidden_when_it_is_told_again() -> None:
    stored = {
        "misc": (2, "Jane Fict was brought by her sister"),
        "q1": (2, "29384756"),
        "rooms": (2, "an object of 3 keys"),
        "list": (2, "a list of 12345"),
    }
    told = stored | {"misc": (2, "***"), "q1": (2, "xxxxxxxx")}
    assert shown_unmapped(stored) == told
    assert shown_unmapped(told) == told


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (
            {"survivors": {"Mary Fict": {"age": 3}, "0700000016": {"x": 1}}},
            "survivors.*** holds objects with the keys age",
        ),
        ({"x": [{"Mary Fict": 1, "beds": 2}]}, "x holds objects with the keys ***, beds"),
        ({"x": [{"Wall Hue": 1}, {"Wall Hue": 2}]}, "x holds objects with the keys Wall Hue"),
        ({"survivors": [{"Mary Fict": 1}, {"Mary Fict": 2}]}, "survivors holds objects with the keys ***"),
    ],
)
def test_a_document_without_facilities_is_told_without_names(document: object, told: str) -> None:
    with pytest.raises(SourceFileError, match="holds no facilities") as raised:
        read_bytes(json.dumps(document).encode())
    assert f"holds no facilities: {told}." in str(raised.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Jane Fict,0700000016\n", "'aaaa aaaa,xxxxxxxxxx'"),
        (b"<!DOCTYPE html><p>Jane", "'<!DOCTYPE'"),
        (b"<?xml version", "'<?xml'"),
        (b"<Jane", "'<aaaa'"),
    ],
)
def test_the_beginning_of_what_is_not_json_is_told_by_its_form(content: bytes, told: str) -> None:
    with pytest.raises(SourceFileError, match="is not JSON: byte 0 begins with") as raised:
        read_bytes(content)
    assert told in str(raised.value)


def test_where_the_records_were_is_told_without_names() -> None:
    document = {"Mary Fict": {"facilities": [{"name": "Umoja Clinic", "code": 1}]}}
    assert read_bytes(json.dumps(document).encode())[1].path_taken == "***.facilities"


def test_a_number_that_is_a_part_of_a_contact_key_is_not_shown() -> None:
    entry = {"key": "contacts", "value": {"phone.0700000016": "nobody", "phone_2": "nobody"}}
    assert [told.partition(":")[0] for told in read_contacts([json.dumps([entry])])[1]] == ["phone", "phone2"]


def test_names_as_keys_reach_neither_the_account_nor_a_log_nor_etl_files(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    good = {"name": "Umoja Clinic", "code": "U-1", "county": "Nairobi", "rooms": {"Mary Fict": "x", "0700000016": [1]}}
    (tmp_path / "good.json").write_text(json.dumps([good]), "utf-8")
    (tmp_path / "bad.json").write_text(json.dumps({"survivors": {"Mary Fict": {"age": 3}}}), "utf-8")
    logs = start_logging(settings, "7", quiet=True)
    account = run([str(tmp_path / name) for name in ("good.json", "bad.json")], settings)
    stop_logging()
    told = json.dumps(account.as_summary()) + stored_files(fresh)
    told += "".join(path.read_text("utf-8") for path in logs.values() if path.exists())
    assert account.files[0].unmapped == {"rooms.***": (2, "***")}
    assert "survivors.*** holds objects with the keys age" in told
    assert "Fict" not in told
    assert "0700000016" not in told


def stored_files(database: Database) -> str:
    return str(rows(database, "SELECT to_jsonb(files)::text AS file FROM etl.files"))
