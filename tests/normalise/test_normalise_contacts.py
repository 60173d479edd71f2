from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvrc.extract import read_record
from gvrc.pipeline import run
from gvrc.values.contact_forms import read_contacts, read_ended
from gvrc.values.phones import Phone, find_phones, read_phone, short_codes, split_phones
from gvrc.values.text import clean_value
from tests.test_pipeline import rows, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings


def lines(*entries: tuple[str, object]) -> list[tuple[str, str]]:
    """Give (type, value) of the contacts in a record with these keys and values; nothing may be invalid."""
    contacts, invalid = read_contacts([json.dumps([{"key": key, "value": value} for key, value in entries])])
    assert invalid == []
    return [(contact.contact_type, contact.contact_value) for contact in contacts]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0700000016", [("Mobile", "+254700000016")]),
        ("+254 700 000 016", [("Mobile", "+254700000016")]),
        ("254700000016", [("Mobile", "+254700000016")]),
        ("00254700000016", [("Mobile", "+254700000016")]),
        ("+254 (0) 700-000-016", [("Mobile", "+254700000016")]),
        ("+2540700000016", [("Mobile", "+254700000016")]),
        ("700000016", [("Mobile", "+254700000016")]),
        ("0110000016", [("Mobile", "+254110000016")]),
        ("020 2000001", [("Phone", "+254202000001")]),
        ("(020) 2000001", [("Phone", "+254202000001")]),
        ("020/2000001", [("Phone", "+254202000001")]),
        ("0800 720 001", [("Toll Free", "+254800720001")]),
        ("999", [("Hotline", "999")]),
        ("1195", [("Hotline", "1195")]),
        ("07000000160700000017", [("Mobile", "+254700000016"), ("Mobile", "+254700000017")]),
        ("0700 000 016 0700 000 017", [("Mobile", "+254700000016"), ("Mobile", "+254700000017")]),
        ("112/999", [("Hotline", "112"), ("Hotline", "999")]),
        ("*483*306#", [("Hotline", "*483*306#")]),
        (
            "0700000016/0700000017 or 112",
            [("Mobile", "+254700000016"), ("Mobile", "+254700000017"), ("Hotline", "112")],
        ),
        ("0700000016, 0700000017;0700000018", [("Mobile", f"+2547000000{end}") for end in (16, 17, 18)]),
        ("0700000016 na 0700000017", [("Mobile", "+254700000016"), ("Mobile", "+254700000017")]),
        ("0700000016 0700000017", [("Mobile", "+254700000016"), ("Mobile", "+254700000017")]),
        ("0700000016 & 0700000016", [("Mobile", "+254700000016")]),
        ("Tel: 0700000016 (24/7)", [("Mobile", "+254700000016")]),
        ("24 hours: 0700000016", [("Mobile", "+254700000016")]),
        ("Tel 020 2000001 Fax 020 2000002", [("Phone", "+254202000001"), ("Fax", "+254202000002")]),
        ("020 2000001 ext. 12", [("Phone", "+254202000001;ext=12")]),
        ("020 2000001 ext. 12; 1195", [("Phone", "+254202000001;ext=12"), ("Hotline", "1195")]),
        (
            "020 2000001 ext 4 or 020 2000002 x5",
            [("Phone", "+254202000001;ext=4"), ("Phone", "+254202000002;ext=5")],
        ),
        ("+44 20 7946 0000", [("Phone", "+442079460000")]),
        ("INFO@Example.ORG", [("Email", "info@example.org")]),
        ("mailto:info@example.org", [("Email", "info@example.org")]),
        ("info@example.org / 0700000016", [("Email", "info@example.org"), ("Mobile", "+254700000016")]),
        ("www.example.org, 0700000016", [("Website", "www.example.org"), ("Mobile", "+254700000016")]),
        ("https://example.org/a?b=1.", [("Website", "https://example.org/a?b=1")]),
        ("P.O. Box 123-00100 Nairobi", [("Postal Address", "P.O. Box 123-00100 Nairobi")]),
        (
            "P.O. Box 123-00100 Nairobi, Tel 0700000016/17, Fax 020 2000002",
            [
                ("Postal Address", "P.O. Box 123-00100 Nairobi, Tel 0700000016/17, Fax 020 2000002"),
                ("Mobile", "+254700000016"),
                ("Mobile", "+254700000017"),
                ("Fax", "+254202000002"),
            ],
        ),
        ("Box 12 Kitui 0700000016", [("Postal Address", "Box 12 Kitui 0700000016"), ("Mobile", "+254700000016")]),
        ("N/A", []),
        ("", []),
    ],
)
def test_a_text_is_read_into_everything_that_it_holds(text: str, found: list[tuple[str, str]]) -> None:
    assert lines(("phone", text)) == found


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (("phone", 700000016), [("Mobile", "+254700000016")]),
        (("phone", 700000016.0), [("Mobile", "+254700000016")]),
        (("phone", "700000016.0"), [("Mobile", "+254700000016")]),
        (("phone", 1195.0), [("Hotline", "1195")]),
        (("phone", 20200001.0), [("Phone", "+25420200001")]),
        (("phones", ["0700000016", None, ["0700000017"]]), [("Mobile", "+254700000016"), ("Mobile", "+254700000017")]),
        (("contacts", [{"type": "phone", "value": "0700000016"}]), [("Mobile", "+254700000016")]),
        (("telecom", [{"system": "email", "value": "A@example.org", "use": "work"}]), [("Email", "a@example.org")]),
        (
            ("contact", {"phone": "0700000016", "Email": "a@example.org"}),
            [("Mobile", "+254700000016"), ("Email", "a@example.org")],
        ),
        (
            ("contact", {"Phone": "0700000016", "phone": "0700000017"}),
            [("Mobile", "+254700000016"), ("Mobile", "+254700000017")],
        ),
        (("fax", "020 2000002"), [("Fax", "+254202000002")]),
        (("toll_free_number", "1597"), [("Hotline", "1597")]),
        (("hotline", "0700000016"), [("Hotline", "+254700000016")]),
        (("Toll Free", "0800720001"), [("Toll Free", "+254800720001")]),
        (("website", "example.org/kenya"), [("Website", "example.org/kenya")]),
        (("phone_2", "0700000016"), [("Mobile", "+254700000016")]),
        (("contact", {"type": "Phone", "value": "0700000016", "is_active": True}), [("Mobile", "+254700000016")]),
        (
            ("telecom", {"system": "phone", "value": "0700000016", "period": {"start": "2009", "end": None}}),
            [("Mobile", "+254700000016")],
        ),
        (
            ("telecom", {"system": "phone", "value": "0700000016", "period": {"end": "9999-12-31"}}),
            [("Mobile", "+254700000016")],
        ),
        *(
            (("contacts", {"phone": "0700000016"} | in_use), [("Mobile", "+254700000016")])
            for in_use in (
                {"is_active": "Yes"},
                {"active": 1},
                {"status": "Active"},
                {"valid_to": None},
                {"valid_to": "9999-12-31"},
            )
        ),
        (("contacts", {"role": "Email", "value": "a@example.org"}), [("Email", "a@example.org")]),
        (("postal_address", "Box 12 Kitui"), [("Postal Address", "Box 12 Kitui")]),
        (("contact", {"po_box": "1195"}), [("Postal Address", "1195")]),
        (("whatsapp", False), []),
    ],
)
def test_a_contact_is_read_in_every_form(entry: tuple[str, object], found: list[tuple[str, str]]) -> None:
    assert lines(entry) == found


@pytest.mark.parametrize(
    ("entries", "people"),
    [
        ([("phone", "0700000016"), ("contact_person", "A. Person")], ["A. Person"]),
        ([("contact", {"name": "A. Person", "phone": "0700000016"}), ("phone", "0700000017")], ["A. Person", ""]),
        ([("contact_person", "A. Person - 0700000016")], ["A. Person"]),
        ([("officer", {"name": "A. Person 0700000016", "title": "Matron"})], ["A. Person (Matron)"]),
        ([("officer_in_charge", {"name": "A. Person"}), ("phone", "0700000016")], ["A. Person"]),
        (
            [("a", {"name": "A. Person", "phone": "0700000016"}), ("b", {"name": "B. Person", "phone": "0700000016"})],
            ["A. Person; B. Person"],
        ),
    ],
)
def test_a_person_stands_with_their_contact(entries: list[tuple[str, object]], people: list[str]) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": key, "value": value} for key, value in entries])])
    assert invalid == []
    assert [contact.contact_person_name for contact in contacts] == people


@pytest.mark.parametrize(
    ("entries", "people"),
    [
        (
            [("contact_person", "A"), ("phone", "0700000016"), ("alternative_phone", "0700000017")],
            {"16": "A", "17": ""},
        ),
        (
            [
                ("contact_person_name", "A"),
                ("contact_phone", "0700000016"),
                ("alternative_phone", "0700000017"),
                ("alternative_contact_person", "B"),
            ],
            {"16": "A", "17": "B"},
        ),
        (
            [("contact_person_2", "B"), ("phone_2", "0700000017"), ("contact_person_1", "A"), ("phone", "0700000016")],
            {"17": "B", "16": "A"},
        ),
        (
            [("second_contact_person", "B"), ("mobile_02", "0700000017"), ("secondary_phone", "0700000018")],
            {"17": "B", "18": "B"},
        ),
        (
            [
                (
                    "contact",
                    {"contact_person": "A", "phone": "0700000016", "other_name": "B", "other_phone": "0700000017"},
                )
            ],
            {"16": "A", "17": "B"},
        ),
        ([("contact", {"name": "A", "phone": "0700000016", "phone_2": "0700000017"})], {"16": "A", "17": "A"}),
        (
            [("phone", "0700000016"), ("alternative_contact.name", "B"), ("alternative_phone", "0700000017")],
            {"17": "B"},
        ),
        ([("contacts.name", "A"), ("phone", "0700000016")], {"16": "A"}),
        ([("ocs", "A"), ("phone", "0700000016")], {"16": "A"}),
        (
            [
                ("ocs", "A"),
                ("OCS Mobile", "0700000016"),
                ("Gender Desk Officer", "B"),
                ("gender_desk_contact", "0700000017"),
                ("phone", "0700000018"),
                ("toll_free", "999"),
            ],
            {"16": "A", "17": "B", "18": "", "99": ""},
        ),
        ([("contact_person", "A"), ("phone", "0700000016 or 999")], {"16": "A", "99": ""}),
        ([("contact_person", "A"), ("phone", "0700000016"), ("alt_phone", "0700000017")], {"16": "A", "17": ""}),
        (
            [("GBV focal person", "A"), ("focal_person_contact", "0700000016"), ("phone", "0700000017")],
            {"16": "A", "17": ""},
        ),
        ([("focal_person_name", "A"), ("phone", "0700000017")], {"17": "A"}),
        ([("focal_point", "A"), ("focal_point_phone", "0700000016"), ("phone", "0700000017")], {"16": "A", "17": ""}),
        ([("Focal point.Name", "A"), ("Focal point.Phone", "0700000017")], {"17": "A"}),
        (
            [("contacts", [{"ocs": "A", "phone": "0700000016"}, {"focal_person": "B", "phone": "0700000017"}])],
            {"16": "A", "17": "B"},
        ),
        ([("social_media", {"name": "Facebook", "url": "https://example.org/16"})], {"16": ""}),
    ],
)
def test_a_mark_tells_whose_a_contact_is(entries: list[tuple[str, object]], people: dict[str, str]) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": key, "value": value} for key, value in entries])])
    assert invalid == []
    named = {contact.contact_value[-2:]: contact.contact_person_name for contact in contacts}
    assert named | people == named


JANE, JOE = ("+254700000016", "Jane"), ("+254700000017", "Joe")
OF_JANE = [JANE, ("+254700000017", "Jane")]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Jane (0700000016), Joe (0700000017)", [JANE, JOE]),
        ("Jane 0700000016 / Joe 0700000017", [JANE, JOE]),
        ("Jane - 0700000016; Joe - 0700000017", [JANE, JOE]),
        ("Jane 0700000016 and Joe 0700000017", [JANE, JOE]),
        ("Jane 0700000016 Joe 0700000017", [JANE, JOE]),
        ("0700000016 Jane, 0700000017 Joe", [JANE, JOE]),
        ("0700000016 (Jane), 0700000017 (Joe)", [JANE, JOE]),
        ("Jane 0700000016/0700000017", OF_JANE),
        ("Jane tel 0700000016, mobile 0700000017", OF_JANE),
        ("Jane, Joe 0700000016", [("+254700000016", "Jane, Joe")]),
    ],
)
def test_two_people_in_one_text_keep_their_own_numbers(text: str, people: list[tuple[str, str]]) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": "contact_person", "value": text}])])
    assert [(contact.contact_value, contact.contact_person_name) for contact in contacts] == people
    assert invalid == []


@pytest.mark.parametrize(
    ("person", "phone"), [("contact_person", "phone_2"), ("deputy_in_charge", "phone"), ("contact_person_2", "phone_3")]
)
def test_a_person_whose_mark_no_contact_has_is_an_issue(person: str, phone: str) -> None:
    entries = [{"key": person, "value": "A. Person"}, {"key": phone, "value": "0700000016"}]
    contacts, invalid = read_contacts([json.dumps(entries)])
    assert [contact.contact_person_name for contact in contacts] == [""]
    assert invalid == ["contact person: a. aaaaaa (no contact to go with)"]


@pytest.mark.parametrize(
    ("entry", "issue"),
    [
        (("phone", "07000000"), "phone: xxxxxxxx"),
        (("phone", "12"), "phone: xx"),
        (("phone", "2.547E+11"), "phone: x.xxxa+xx"),
        (("phone", "see Jane"), "phone: aaa aaaa"),
        (("email", "jane..doe@example.org"), "email: aaaa..aaa@aaaaaaa.aaa"),
        (("email", "jane at example.org"), "email: aaaa aa aaaaaaa.aaa"),
        (("Jane Doe", "nobody"), "contact: aaaaaa"),
        (("contact_person", "A. Person"), "contact person: a. aaaaaa (no contact to go with)"),
        (("phone", {"value": "0700000016", "is_active": False}), "phone: xxxxxxxxxx"),
        (("telecom", {"system": "phone", "use": "old", "value": "0700000077"}), "phone: xxxxxxxxxx"),
        (("contacts", {"department": {"lines": {"number": "0700000016", "active": "no"}}}), "contact: xxxxxxxxxx"),
        (("contacts", {"department": {"phone": "0700000016", "is_active": False}}), "phone: xxxxxxxxxx"),
        (("contacts", {"department": {"phone": "0700000016", "private": True}}), "phone: xxxxxxxxxx; contact: aaaa"),
        (
            ("contacts", {"language": {"role": "survivor", "phone": "0700000016"}}),
            "contact_person: aaaaaaaa; phone: xxxxxxxxxx",
        ),
        (
            ("contacts", {"phone": "0700000016", "active": "no", "valid": "", "status": 1}),
            "phone: xxxxxxxxxx; contact: x",
        ),
        *(
            (("contacts", {"phone": "0700000016"} | ended), "phone: xxxxxxxxxx")
            for ended in (
                *({"is_active": "No"}, {"is_active": 0}, {"active": "false"}, {"Active": "HAPANA"}),
                *({"status": "Inactive"}, {"status": "not in use"}, {"valid_to": "2020-01-01"}, {"end date": "2020"}),
            )
        ),
        (("phone", "2024-03-01"), "phone: xxxx-xx-xx"),
        (("phone", "01.03.2024"), "phone: xx.xx.xxxx"),
        (
            ("telecom", {"system": "phone", "value": "0700000076", "period": {"start": "2009", "end": "2010-01-01"}}),
            "phone: xxxxxxxxxx",
        ),
        (("phone", True), "phone: aaaa"),
        (("phone", "020200001O"), "phone: xxxxxxxxxa"),  # +25420200001 is another number of Nairobi
        (("phone", "0l20000001"), "phone: xaxxxxxxxx"),
        (("phone", "020 200 OO 01"), "phone: xxx xxx aa xx"),
        (("phone", "116O"), "phone: xxxa"),
        (("phone", "0700 XXX 116"), "phone: xxxx aaa xxx"),
        (("phone", "0700***999"), "phone: xxxx***xxx"),
        (("email", "info@example.co.k"), "email: aaaa@aaaaaaa.aa.a"),
    ],
)
def test_what_is_no_contact_becomes_an_issue_that_shows_nobody(entry: tuple[str, object], issue: str) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": entry[0], "value": entry[1]}])])
    assert (contacts, "; ".join(invalid)) == ([], issue)


@pytest.mark.parametrize("key", ["contacts", "phones", "facility_contacts"])
def test_the_contact_that_a_list_calls_primary_is_the_one_of_its_facility(
    settings: Settings, fresh: Database, tmp_path: Path, key: str
) -> None:
    listed = [{"type": "Phone", "value": "0700000016"}, {"type": "Phone", "value": "0700000017", "is_primary": True}]
    run([write(tmp_path, "a.json", [{"code": 1, "name": "Amani Clinic", key: listed}])], settings)
    primary = rows(fresh, "SELECT contact_value, is_primary FROM facility_contacts ORDER BY contact_value")
    assert [tuple(row.values()) for row in primary] == [("+254700000016", False), ("+254700000017", True)]


@pytest.mark.parametrize("flag", [True, "Yes", 1])
def test_the_contact_that_is_called_primary_is_the_first(flag: object) -> None:
    others = [{"type": "Phone", "value": "0700000016"}, {"type": "Phone", "value": "0700000017", "is_primary": False}]
    primary = {"type": "Phone", "value": "0700000018", "is_primary": flag}
    assert [value for _, value in lines(("contacts", [*others, primary]))] == [
        "+254700000018",
        "+254700000016",
        "+254700000017",
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        *(("0700000016 (disconnected)", []), ("0700000016 - wrong number", []), ("not in use 0700000016", [])),
        *(("0700000016 (not going through)", []), ("Old number 0700000016", []), ("0700000016 (old)", [])),
        ("old: 0700000016, new: 0700000017", ["+254700000017"]),
        ("0700000016 (switched off) / 0700000017", ["+254700000017"]),
        ("0700000016, 0700000017, both out of service", []),
        *(("not in service: 0700000016", []), ("0700000016 (haipatikani)", [])),
        *(("namba ya zamani 0700000016", []), ("0700000016 (haitumiki), 0700000017", ["+254700000017"])),
        ("Old Town office 0700000016", ["+254700000016"]),
    ],
)
def test_a_number_that_is_said_to_be_out_of_use_is_an_issue(text: str, numbers: list[str]) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": "phone", "value": text}])])
    assert [contact.contact_value for contact in contacts] == numbers
    assert invalid


@pytest.mark.parametrize(
    ("entry", "ended"),
    [
        (("phone", "0700000016 (disconnected)"), ["+254700000016"]),
        (("phone", "old: 0700000016, new: 0700000017"), ["+254700000016"]),
        (("phone", "0700000016, not in use"), ["+254700000016"]),
        (("phone", "0700000016, 0700000017, both out of service"), []),
        (("phone", ["0700000016 (old)", "0700000016"]), []),
        (("phone", "0700000016"), []),
        (
            ("contacts", {"phone": "0700000016", "email": "A@example.org", "active": "no"}),
            ["+254700000016", "a@example.org"],
        ),
        (
            ("contacts", {"value": "0700000016 / 0700000017", "status": "disconnected"}),
            ["+254700000016", "+254700000017"],
        ),
        (("telecom", {"system": "phone", "value": "0700000016", "use": "old"}), ["+254700000016"]),
        (("telecom", {"value": "0700000016", "period": {"end": "2031-01-01"}}), []),
        (("contacts", {"value": "0700000016", "valid_to": "2031-01-01"}), []),
        (("contacts", {"value": "0700000016", "status": "sometimes"}), []),
        (("contacts", {"role": "survivor", "phone": "0700000016", "is_active": False}), []),
        (("contacts", {"is_active": False, "people": [{"role": "survivor", "phone": "0700000016"}]}), []),
        (("contacts", {"name": "A. B", "number": {"phone": "0700000016", "in_use": False}}), ["+254700000016"]),
        (("contact_person", "Jane - 0700000016 (disconnected)"), []),
        (("phone", "0700000016 if the office line is unreachable"), []),
        (("phone", "Tel: 0700000016 (not going through)"), ["+254700000016"]),
        (("phone", "0700000016 temporarily out of service"), []),
        (("email", "A@example.org (old)"), ["a@example.org"]),
    ],
)
def test_what_is_called_out_of_use_as_its_source_writes_is_ended(entry: tuple[str, object], ended: list[str]) -> None:
    key, value = entry
    texts = [json.dumps([{"key": key, "value": value}])]
    contacts, _ = read_contacts(texts)
    assert [value for _, value in read_ended(texts, contacts)] == ended


@pytest.mark.parametrize("key", ["valid", "is_valid", "working", "in_use", "isActive"])
def test_a_contact_that_is_said_to_be_invalid_is_none(key: str) -> None:
    contact = {"type": "Phone", "value": "0700000016"}
    for said, number in ((False, 0), ("No", 0), (True, 1)):
        contacts, _ = read_contacts([json.dumps([{"key": "contacts", "value": contact | {key: said}}])])
        assert len(contacts) == number


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0700000044/45", ["+254700000044", "+254700000045"]),
        ("0700 000 044 / 045 / 46 or 112", ["+254700000044", "+254700000045", "+254700000046", "112"]),
        ("0700000077 - 79", ["+254700000077", "+254700000079"]),
        ("0700-000-044", ["+254700000044"]),
        ("0700000016/999", ["+254700000016", "999"]),
    ],
)
def test_further_lines_are_told_by_their_last_digits(text: str, numbers: list[str]) -> None:
    phones, refused = find_phones(text)
    assert ([phone.contact_value for phone in phones], refused) == (numbers, [])


@pytest.mark.parametrize("text", ["0700000044/12", "0700000044/45 lines", "0700000044 - 5", "0700000044/1/2/24"])
def test_what_may_be_no_further_line_is_none_and_does_not_lose_the_number(text: str) -> None:
    phones, refused = find_phones(text)
    assert [phone.contact_value for phone in phones] == ["+254700000044"]
    assert refused


@pytest.mark.parametrize(
    "text",
    ["020 2000001 8am-5pm", "020 2000001 08:00-17:00", "020 2000001 8 a.m. to 5 p.m.", "020 2000001 0800hrs-1700hrs"],
)
def test_the_hours_behind_a_number_do_not_lose_it(text: str) -> None:
    assert [phone.contact_value for phone in find_phones(text)[0]] == ["+254202000001"]


@pytest.mark.parametrize("text", ["0700 000 016 hrs 24", "0700 000 016 hours", "0700 000 016, 0800hrs"])
def test_the_end_of_a_number_is_no_hour(text: str) -> None:
    assert find_phones(text, stated_line=True)[0][0] == ("Mobile", "+254700000016")


@pytest.mark.parametrize(
    ("text", "numbers", "refused"),
    [
        ("0700000016 2019", ["+254700000016"], ["2019"]),
        ("0700000016 0700000017 8", ["+254700000016", "+254700000017"], ["8"]),
        ("0700000016l", ["+254700000016"], ["l"]),
        ("0700000016 ** 0700000017", ["+254700000016", "+254700000017"], []),
        ("256 0700000016", [], ["256 0700000016"]),  # the one before it may be the number of a country
    ],
)
def test_a_whole_mobile_number_is_not_lost_by_the_digits_behind_it(
    text: str, numbers: list[str], refused: list[str]
) -> None:
    phones, no_phones = find_phones(text)
    assert ([phone.contact_value for phone in phones], no_phones) == (numbers, refused)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("2.54700000016E+11", ["+254700000016"]),
        ("7.0000001E8", ["+254700000010"]),
        ("2.0200001E8", ["+254202000010"]),  # 20200001 would be another number of Nairobi
        ("2.0200001E+08", []),
        ("5.720201E+08", []),
        ("2.547E+11", []),
    ],
)
def test_a_number_by_its_power_of_ten_is_whole_or_none(text: str, numbers: list[str]) -> None:
    phones, refused = find_phones(text)
    assert ([phone.contact_value for phone in phones], refused) == (numbers, [] if numbers else [text])


@pytest.mark.parametrize(
    "text",
    [
        *("ID No. 20123456", "Till 5123456", "Badge 60123456", "Updated 20240301", "20240301", "L.R. No. 209/5123456"),
        *("S/No 20123456", "-0.5123456", "41.1234567"),
    ],
)
def test_the_number_of_something_else_is_none_to_call(text: str) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": "phone", "value": text}])])
    assert contacts == []
    assert invalid


@pytest.mark.parametrize("key", ["id_no", "national_id", "force_number", "pf_no", "till", "badge"])
def test_the_number_of_a_person_or_a_till_beside_a_number_to_call_is_none(key: str) -> None:
    said = {"name": "A. Person", key: "20123456", "phone": "0700000016"}
    contacts, invalid = read_contacts([json.dumps([{"key": "contact", "value": said}])])
    assert [contact.contact_value for contact in contacts] == ["+254700000016"]
    assert invalid == ["contact: xxxxxxxx"]


@pytest.mark.parametrize("key", ["phone", "Tel No", "office_line", "simu_2", "contact_value"])
def test_a_landline_that_lost_its_zero_is_read_under_a_key_of_telephones(key: str) -> None:
    assert lines((key, "20200001")) == [("Phone", "+25420200001")]


def test_an_address_that_runs_into_a_number_loses_its_end_to_none() -> None:
    contacts, invalid = read_contacts(['[{"key": "email", "value": "info@example.co.ke0700000016"}]'])
    assert [contact.contact_value for contact in contacts] == ["+254700000016"]
    assert invalid == ["email: aaaa@aaaaaaa.aa.aaxxxxxxxxxx"]


def test_one_bad_number_does_not_lose_the_good_one() -> None:
    contacts, invalid = read_contacts(['[{"key": "phone", "value": "0700000016/7"}]'])
    assert [contact.contact_value for contact in contacts] == ["+254700000016"]
    assert contacts[0].contact_raw == "0700000016/7"
    assert invalid == ["phone: x"]


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("Jane 0700000016 / Joe 0700000017", ["phone: aaaa aaa"]),
        ("0700000016 (Casualty)", ["phone: aaaaaaaa"]),
        ("Jane: jane@example.org", ["phone: aaaa"]),
        ("Tel no. 0700000016 or mobile 0700000017 (24 hours)", []),
        ("0700000016, 2024-03-01", ["phone: xxxx-xx-xx"]),
        ("Office 020 2000001 ext 4, www.example.org", []),
        ("P.O. Box 12 Kitui", []),
    ],
)
def test_a_word_beside_a_number_that_is_no_label_is_an_issue(text: str, issues: list[str]) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": "phone", "value": text}])])
    assert contacts
    assert invalid == issues


def test_contacts_that_are_not_json_are_read_as_text() -> None:
    assert [contact.contact_value for contact in read_contacts(["0700000016"])[0]] == ["+254700000016"]
    assert read_contacts(["[" * 5000])[1] == ["contact: " + "[" * 5000]


def test_a_number_glued_to_a_name_moves_into_the_contacts(landed: Callable[..., dict[str, Any]]) -> None:
    record = landed(facility_name="KINANGO P/STN - 0700000018", official_name="KINANGO P/STN - 0700000018")
    assert record["facility_name"] == "KINANGO P/STN"
    assert [contact["contact_value"] for contact in record["contacts"]] == ["+254700000018"]
    assert record["name_repaired"] == "KINANGO P/STN - ***"
    assert "official_name" not in record


@pytest.mark.parametrize(
    ("name", "repaired", "numbers"),
    [
        ("Msambweni Police Station (0700000018)", "Msambweni Police Station", ["0700000018"]),
        ("Kwale Stn Tel: 0700000018/0700000019", "Kwale Stn", ["0700000018", "0700000019"]),
        ("0700 000 018 Lunga Lunga", "Lunga Lunga", ["0700 000 018"]),
        ("+254700000018", "", ["+254700000018"]),
        ("Plot 0123456789 Clinic", "Plot 0123456789 Clinic", []),
        ("Clinic 2 - Level 4", "Clinic 2 - Level 4", []),
        ("Kenya Police (Telposta)", "Kenya Police (Telposta)", []),
    ],
)
def test_only_a_number_that_can_be_dialled_leaves_a_name(name: str, repaired: str, numbers: list[str]) -> None:
    assert split_phones(name) == (repaired, numbers)


def test_a_name_that_is_only_a_number_is_no_name(landed: Callable[..., dict[str, Any]]) -> None:
    record = landed(facility_name="0700000018")
    assert "facility_name" not in record
    assert record["contacts"][0]["contact_value"] == "+254700000018"
    assert record["name_repaired"] == "***"


@pytest.mark.parametrize(
    "website",
    ["https://example.org", "www.example.org/kenya", "example.org", "HTTP://EXAMPLE.ORG:80/a b".replace(" ", "%20")],
)
def test_the_address_of_a_site_stays(landed: Callable[..., dict[str, Any]], website: str) -> None:
    assert landed(website_url=website) == {"website_url": website}


def test_what_stands_in_the_wrong_column_is_not_lost(landed: Callable[..., dict[str, Any]]) -> None:
    assert landed(website_url="info@example.org")["contacts"][0]["contact_value"] == "info@example.org"
    assert landed(website_url="coming soon") == {"contact_invalid": "website_url: aaaaaa aaaa"}
    both = landed(website_url="0700000016", contacts='[{"key":"phone","value":"0700000017"}]')
    assert [contact["contact_value"] for contact in both["contacts"]] == ["+254700000017", "+254700000016"]


def test_short_codes_are_what_phonenumbers_refuses() -> None:
    for code in short_codes():
        assert not phonenumbers.is_valid_number(phonenumbers.parse(code, "KE"))
        assert read_phone(code) == Phone("Hotline", code)


@given(st.from_regex(r"(\+254|254|0|)[127]\d{8}", fullmatch=True))
def test_the_quick_way_agrees_with_the_numbering_plan(digits: str) -> None:
    number = phonenumbers.parse(digits, "KE")
    read = read_phone(digits)
    assert (read is not None) == phonenumbers.is_valid_number(number)
    if read:
        assert read.contact_value == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert (read.contact_type == "Mobile") == (
            phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        )


@given(
    st.lists(st.from_regex(r"07000000[0-9]{2}", fullmatch=True), min_size=1, max_size=4, unique=True),
    st.sampled_from(["/", ", ", ";", " or ", " & ", " and ", "\n", " | ", "  "]),
)
def test_numbers_in_one_field_are_told_apart(numbers: list[str], separator: str) -> None:
    phones, refused = find_phones(separator.join(numbers))
    assert [phone.contact_value for phone in phones] == [f"+254{number[1:]}" for number in numbers]
    assert refused == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["0700000016", "a@example.org"]),
    lambda of: (
        st.lists(of, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "value", "name", "phone", "key", "title", "is_active"]) | st.text(max_size=4),
            of,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.text(max_size=10), JSON)
def test_any_value_is_contacts_or_issues_and_no_issue_shows_a_letter_or_digit(key: str, value: object) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": key, "value": value}])])
    for contact in contacts:
        assert contact.contact_value
        assert contact.contact_raw
    for issue in invalid:
        assert not re.search(r"\d", issue.split(": ", 1)[1])


LEAVES = st.sampled_from(
    ["0700000016", "a@example.org", "999", "A. Person", "Box 12", "0700000017/7", "www.example.org"]
)
NESTED = st.recursive(
    LEAVES | st.text("ab 07@./", min_size=1, max_size=8),
    lambda of: (
        st.lists(of, max_size=3)
        | st.dictionaries(
            st.sampled_from(["phone", "email", "value", "name", "title", "type", "other"]), of, max_size=4
        )
    ),
    max_leaves=8,
)


def leaves_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from leaves_of(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name != "type" or not is_label(item):
                yield from leaves_of(item)


def is_label(said: object) -> bool:
    """Say whether this is what a type is called: "Mobile", {"name": "Mobile"}; a number is more than that."""
    words = list(said.values()) if isinstance(said, dict) and said.keys() <= {"name", "value"} else [said]
    return any(isinstance(word, str) for word in words) and not any(
        isinstance(word, dict | list) or re.search(r"\d{3}|@", str(word)) for word in words
    )


@given(NESTED)
def test_every_text_in_the_contacts_is_found_again(value: object) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": "contact", "value": value}])])
    kept = " ".join(f"{contact.contact_raw} {contact.contact_person_name}" for contact in contacts)
    kept += " ".join(invalid)
    for leaf in leaves_of(value):
        cleaned = clean_value(leaf)
        hidden = re.sub(r"\d", "x", re.sub(r"[a-z]", "a", cleaned or "", flags=re.IGNORECASE))
        assert (
            cleaned is None
            or cleaned in kept
            or hidden in kept
            or any(part in kept for part in re.findall(r"x+", hidden))
        )


@pytest.mark.parametrize(
    "name", ["4.5 Mile Clinic", "3rd Park Clinic", "12 Kenya Rifles", "1. Faraja 2. Furaha", "7.K Clinic"]
)
def test_a_number_that_counts_no_rows_stays_in_a_name(landed: Callable[..., dict[str, Any]], name: str) -> None:
    assert landed(facility_name=name) == {"facility_name": name}


@pytest.mark.parametrize(
    ("key", "word"),
    [
        *(("role", "survivor"), ("role", "GBV Survivor"), ("type", "client"), ("relationship", "Mother of survivor")),
        *(("title", "Next of kin"), ("designation", "victim's guardian"), ("position", "Patient"), ("role", "Witness")),
        *(("relationship", "aunt"), ("role", "Manusura"), ("kind", "perpetrator"), ("role", "caller")),
        *(("note", "survivor's sister"), ("label", "Client\u2019s phone"), ("remarks", "victim's elder brother")),
    ],
)
def test_a_survivor_or_whoever_belongs_to_a_case_is_no_contact_of_a_facility(key: str, word: str) -> None:
    people = [{"name": "A. Person", "phone": "0700000016"}, {"name": "B. Person", "phone": "0700000017", key: word}]
    contacts, invalid = read_contacts([json.dumps([{"key": "contacts", "value": people}])])
    assert [(contact.contact_value, contact.contact_person_name) for contact in contacts] == [
        ("+254700000016", "A. Person")
    ]
    assert "phone: xxxxxxxxxx" in invalid
    assert "Person" not in "".join(invalid)


@pytest.mark.parametrize(
    "told",
    [
        {"phone": "0700000016", "private": "0700000017"},
        {"phone": "0700000016", "next_of_kin": "0700000017", "personalMobile": 700000018, "survivor": "0700000019"},
        {"phone": "0700000016", "do_not_share": ["0700000017"]},
        [{"phone": "0700000016"}, {"phone": "0700000017", "public": False}],
        [{"phone": "0700000016", "public": True}, {"phone": "0700000017", "confidential": "Yes"}],
        [{"value": "0700000016"}, {"type": "Private", "value": "0700000017"}],
        [{"value": "0700000016"}, {"label": "personal", "visibility": "private", "value": "0700000017"}],
        [{"label": "Public line", "number": "0700000016"}, {"label": "Matron (personal)", "number": "0700000017"}],
        "0700000016, 0700000017 (private)",
        "0700000016 / 0700000017 do not share",
        [{"use": "work", "value": "0700000016"}, {"use": "home", "system": "phone", "value": "0700000017"}],
        [{"type": "work", "number": "0700000016"}, {"type": "home", "number": "0700000017"}],
        {"office_phone": "0700000016", "home_phone": "0700000017"},
        [{"number": "0700000016", "visibility": "public"}, {"number": "0700000017", "visibility": "internal"}],
        [{"number": "0700000016", "access": "all"}, {"number": "0700000017", "access": "Staff only"}],
        [{"number": "0700000016", "share": True}, {"number": "0700000017", "share": False}],
        [{"number": "0700000016"}, {"number": "0700000017", "consent_to_publish": "no"}],
        [{"number": "0700000016"}, {"number": "0700000017", "do_not_share": True}],
        [{"number": "0700000016"}, {"number": "0700000017", "for_internal_use": "yes"}],
        [{"number": "0700000016"}, {"number": "0700000017", "notes": "Private number, do not give out"}],
        [{"phone": "0700000016"}, {"phone": "0700000017", "role": "survivor"}],
        [{"phone": "0700000016"}, {"phone": "0700000017", "of": "the survivor"}],
        "0700000016 (office), 0700000017 (matron's personal)",
    ],
)
def test_a_number_that_is_not_for_the_public_is_no_contact_and_told(told: object) -> None:
    frame = read_record({"name": "Umoja Clinic", "contacts": told})
    contacts, invalid = read_contacts(frame["contacts"].to_list())
    assert [contact.contact_value for contact in contacts] == ["+254700000016"]
    assert "xxxxxxxx" in "".join(invalid)
    assert read_ended(frame["contacts"].to_list(), contacts) == []


@pytest.mark.parametrize(
    "told",
    [
        {"private_wing": "0700000016"},
        {"survivor_hotline": "0700000016"},
        {"personal_assistant": "0700000016"},
        {"phone": "0700000016", "is_private": "No"},
        "Private Clinic, 0700000016",
        "0700000016 (Private Wing)",
        "0700000016 (women's private wing)",
        {"phone": "0700000016", "visibility": "public", "use": "work", "label": "Rescue Home"},
        {"phone": "0700000016", "notes": "Please do not share the client's details by text message"},
        {"phone": "0700000016", "do_not_share": False, "internal": "no"},
        {"type": "mobile", "text": "0700000016"},
    ],
)
def test_a_number_of_a_private_wing_or_for_survivors_is_a_contact(told: object) -> None:
    frame = read_record({"name": "Umoja Clinic", "contacts": told})
    contacts, _ = read_contacts(frame["contacts"].to_list())
    assert [contact.contact_value for contact in contacts] == ["+254700000016"]


@pytest.mark.parametrize(
    "role", ["Survivor support officer", "Client relations", "Patient care", "Case manager", "Nurse"]
)
def test_who_works_with_survivors_is_a_contact(role: str) -> None:
    person = {"name": "A. Person", "phone": "0700000016", "role": role}
    contacts, _ = read_contacts([json.dumps([{"key": "contacts", "value": [person]}])])
    assert [contact.contact_person_name for contact in contacts] == [f"A. Person ({role})"]


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        (
            [("grp_contact/contact_person", "A. Person"), ("grp_contact/phone", "0700000016")],
            [("Mobile", "+254700000016", "A. Person")],
        ),
        ([("grp_b/hotline", "1597")], [("Hotline", "1597", "")]),
        ([("group_contact/fax", "020 2000002")], [("Fax", "+254202000002", "")]),
        ([("Tel/Fax", "020 2000002")], [("Phone", "+254202000002", "")]),
        (
            [("grp/contact_person_2", "A. Person"), ("grp/phone", "0700000016"), ("grp/phone_2", "0700000017")],
            [("Mobile", "+254700000016", ""), ("Mobile", "+254700000017", "A. Person")],
        ),
        *(
            (
                [(f"{group}/name", "A. Person"), (f"{group}/phone", "0700000016"), ("phone", "0700000017")],
                [("Mobile", "+254700000016", "A. Person"), ("Mobile", "+254700000017", "")],
            )
            for group in ("focal_person", "grp_contact/focal_person", "gbv_desk")
        ),
    ],
)
def test_a_question_of_a_form_is_read_without_its_groups(
    entries: list[tuple[str, object]], found: list[tuple[str, str, str]]
) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": key, "value": value} for key, value in entries])])
    read = [(contact.contact_type, contact.contact_value, contact.contact_person_name) for contact in contacts]
    assert (read, invalid) == (found, [])


@pytest.mark.parametrize(
    "said",
    [
        {"type": {"name": "Phone", "value": "0700000016"}},
        {"type": {"label": "Phone", "text": 700000016}},
        {"person": {"name": "A. Person", "value": "0700000016"}},
    ],
)
def test_a_number_beside_the_name_of_a_type_or_a_person_is_found(said: dict[str, object]) -> None:
    contacts, _ = read_contacts([json.dumps([{"key": "contacts", "value": [said]}])])
    assert [contact.contact_value for contact in contacts] == ["+254700000016"]


def test_a_language_or_a_department_beside_a_number_is_nobody_to_ask_for() -> None:
    phones = [
        {"number": "0700000016", "languages": [{"name": "Swahili"}], "department": {"name": "Maternity"}},
        {"number": "0700000017", "provider": {"name": "Safaricom"}, "type": {"id": 1, "name": "Mobile"}},
        {"number": "0700000018", "person": {"id": 7, "name": "A. Person"}},
        {"contactType": {"name": "PHONE"}, "contact": "0700000019"},
    ]
    contacts, invalid = read_contacts([json.dumps([{"key": "phones", "value": phones}])])
    assert [(contact.contact_value, contact.contact_person_name) for contact in contacts] == [
        ("+254700000016", ""),
        ("+254700000017", ""),
        ("+254700000018", "A. Person"),
        ("+254700000019", ""),
    ]
    assert invalid == ["contact: aaaaaaa", "contact: aaaaaaaaa", "contact: aaaaaaaaa"]


def contacts_in(record: dict[str, object]) -> tuple[list[tuple[str, str, str]], str]:
    """Give (type, value, person) of the contacts of a record as it is read from a file, and what is no contact."""
    contacts, invalid = read_contacts(read_record({"name": "Umoja Clinic"} | record)["contacts"].to_list())
    found = [(contact.contact_type, contact.contact_value, contact.contact_person_name) for contact in contacts]
    return found, "; ".join(invalid)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("key", ["contacts", "contact", "contact_details", "Contact Info"])
def test_a_key_inside_an_object_of_contacts_tells_what_kind_of_line_it_is(key: str, *, wrapped: bool) -> None:
    said = {"fax": "020 2000002", "hotline": "1597", "website": "example.org", "P.O. Box": "12 Kitui"}
    assert contacts_in({key: [said] if wrapped else said}) == (
        [
            ("Fax", "+254202000002", ""),
            ("Hotline", "1597", ""),
            ("Website", "example.org", ""),
            ("Postal Address", "12 Kitui", ""),
        ],
        "",
    )


@pytest.mark.parametrize(
    ("beside", "shown"),
    [
        *(({key: "20123456"}, "contact: xxxxxxxx") for key in ("id_no", "till", "contact_id", "force_number")),
        *(({key: 116}, "contact: xxx") for key in ("id", "ext", "phone_extension", "postal_code", "beds", "room")),
    ],
)
def test_a_number_of_something_else_inside_an_object_of_contacts_is_none_to_call(
    beside: dict[str, object], shown: str
) -> None:
    for said in ({"phone": "0700000016"} | beside, [{"phone": "0700000016"} | beside]):
        assert contacts_in({"contacts": said}) == ([("Mobile", "+254700000016", "")], shown)


def test_a_short_code_under_the_name_of_who_answers_it_is_a_hotline() -> None:
    said = {"police": 999, "childline": "116", "gbv": 1195, "emergency": "112"}
    assert contacts_in({"contacts": said}) == ([("Hotline", str(code), "") for code in said.values()], "")


@pytest.mark.parametrize("key", ["survivor", "next_of_kin", "client", "private", "do_not_share", "enumerator"])
@pytest.mark.parametrize("form", [{"phone": "0700000017"}, {"numbers": [{"number": "0700000017"}]}])
def test_a_number_inside_an_object_that_is_not_for_the_public_is_no_contact(key: str, form: object) -> None:
    found, invalid = contacts_in({"contacts": {"phone": "0700000016", key: form}})
    assert found == [("Mobile", "+254700000016", "")]
    assert invalid.endswith(": xxxxxxxxxx")


@pytest.mark.parametrize("key", ["language", "network", "organisation", "county"])
def test_a_thing_inside_an_object_of_contacts_is_nobody_to_ask_for(key: str) -> None:
    found, invalid = contacts_in({"contacts": {"phone": "0700000016", key: {"name": "Umoja"}}})
    assert (found, invalid[-5:]) == ([("Mobile", "+254700000016", "")], "aaaaa")


MAPS = [
    *("https://maps.google.com/?q=-1.3136,36.7841", "https://goo.gl/maps/x", "maps.app.goo.gl/x"),
    *("https://www.google.com/maps/place/Umoja", "https://osm.org/node/1", "https://plus.codes/6GCRMQRV+7C"),
    *("https://w3w.co/a.b.c", "https://ul.waze.com/ul?ll=-1.3136,36.7841"),
]


def test_an_address_or_a_pin_among_the_contacts_is_not_told_where_the_location_must_not_be(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    website = {"website": "https://umoja.example.org/mapsa"}
    contacts = {"phone": "0700000016", "address": "House 5, Umoja Road"} | website
    record = {"code": 1, "name": "Umoja Safe House", "contacts": contacts, "website": MAPS[0]}
    hidden = {"name": "Amani Safe House", "contacts": contacts, "confidential_location": True} | website
    pins = [hidden | {"code": code, "website": url} for code, url in enumerate(MAPS, start=3)]
    listed = hidden | {"code": 2, "contacts": [contacts, *({"type": "website", "value": url} for url in MAPS)]}
    run([write(tmp_path, "a.json", [record, listed, *pins])], settings)
    told = rows(fresh, "SELECT facility_code, contact_value FROM facility_contacts JOIN facilities USING (facility_id)")
    assert sorted(tuple(row.values()) for row in told if row["facility_code"] in "12") == [
        ("1", "+254700000016"),
        ("1", "House 5, Umoja Road"),
        ("1", "https://umoja.example.org/mapsa"),
        ("2", "+254700000016"),
        ("2", "https://umoja.example.org/mapsa"),
    ]
    sites = rows(fresh, "SELECT website_url FROM facilities ORDER BY facility_code::int")
    assert [row["website_url"] or "" for row in sites] == [MAPS[0], website["website"], *[""] * len(MAPS)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0700 000 016\n0700 000 017\n0700 000 018", ["+254700000016", "+254700000017", "+254700000018"]),
        ("020 2000001 0700 000 016", ["+254202000001", "+254700000016"]),
        ("0700 000 016 - 020 200 0001", ["+254700000016", "+254202000001"]),
        ("020 2000001\n020 2000002", ["+254202000001", "+254202000002"]),
    ],
)
def test_numbers_that_are_parted_by_spaces_as_their_digits_are_told_apart(text: str, numbers: list[str]) -> None:
    assert [value for _, value in lines(("phone", text))] == numbers


@pytest.mark.parametrize("text", ["020 200 0001 116", "020 2000001 2000002"])
def test_an_extension_behind_a_number_that_is_parted_by_spaces_is_no_hotline(text: str) -> None:
    assert find_phones(text) == ([], [text])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1. 0700000016 2. 0700000017", ["+254700000016", "+254700000017"]),
        ("1) 020 2000001;2) 254700000016", ["+254202000001", "+254700000016"]),
        ("(1) 051 98572", ["+2545198572"]),  # 105198572 would be a mobile number
        ("Line 1 0700 000 016", ["+254700000016"]),
        ("Tel1 0700000016 Tel2 +254 (0)51.9800001", ["+254700000016", "+254519800001"]),
    ],
)
def test_the_place_of_a_number_in_a_list_is_no_digit_of_it(text: str, numbers: list[str]) -> None:
    assert [value for _, value in lines(("phone", text))] == numbers


def test_the_hours_in_brackets_behind_a_landline_are_no_digits_of_it() -> None:
    assert lines(("phone", "(051) 9800001 (8-5)")) == [("Phone", "+254519800001")]
    assert lines(("phone", "051 98572 (8-5)")) == [("Phone", "+2545198572")]  # 519857285 is another one


@pytest.mark.parametrize("entry", [("phone", "PIN P051234567A"), ("contact", {"kra_pin": "P051234567A"})])
def test_a_pin_of_the_tax_office_is_no_number_of_nakuru(entry: tuple[str, object]) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": entry[0], "value": entry[1]}])])
    assert (contacts, invalid[0][-11:]) == ([], "axxxxxxxxxa")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tel/Fax: 020 2000001", [("Phone", "+254202000001")]),
        ("Telephone & Fax 020 2000001", [("Phone", "+254202000001")]),
        ("020 2000001 (Tel), 020 2000002 (Fax)", [("Phone", "+254202000001"), ("Fax", "+254202000002")]),
    ],
)
def test_a_fax_is_told_from_a_line_that_is_answered(text: str, found: list[tuple[str, str]]) -> None:
    assert lines(("phone", text)) == found


@pytest.mark.parametrize(
    "text", ["0700000016, 0700000017 (survivor's mother)", "0700000016 / client's phone 0700000017"]
)
def test_the_number_of_a_survivors_family_beside_another_is_no_contact(text: str) -> None:
    contacts, invalid = read_contacts([json.dumps([{"key": "phone", "value": text}])])
    assert [contact.contact_value for contact in contacts] == ["+254700000016"]
    assert "xxxxxxxxxx" in invalid[0]


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({"country_code": "+256", "phone": "700000016"}, "+256700000016"),
        ({"countryCode": 255, "number": "0754 000016"}, "+255754000016"),
        ({"dial_code": "00254", "value": 700000016}, "+254700000016"),
        ({"country_code": "254", "number": "254700000016"}, "+254700000016"),
        ({"country_code": "256", "number": "+254700000016"}, "+254700000016"),
    ],
)
def test_the_country_beside_a_number_is_dialled_before_it(said: dict[str, object], number: str) -> None:
    for form in (said, [said]):
        assert contacts_in({"contacts": form}) == ([("Mobile", number, "")], "")


def test_the_country_beside_a_number_makes_no_number_of_a_box_or_a_card() -> None:
    said = {"country_code": "254", "phone": "700000016", "po_box": "20123456", "id_no": "20123456", "hotline": "1195"}
    assert contacts_in({"contacts": said}) == (
        [("Mobile", "+254700000016", ""), ("Postal Address", "20123456", ""), ("Hotline", "1195", "")],
        "contact: xxxxxxxx",
    )


@pytest.mark.parametrize(
    ("record", "numbers"),
    [
        ({"Phone No. 1": "0700000016", "Phone No. 2": "0700000017"}, ["+254700000016", "+254700000017"]),
        ({"Mobile Number 2": "0700000017", "Mobile Number 1": "0700000016"}, ["+254700000016", "+254700000017"]),
        ({"Phone (Office)": "020 2000001", "Phone (Mobile)": "0700000016"}, ["+254700000016", "+254202000001"]),
        ({"GBV Helpline": "1195", "Facility Telephone Number": "0700000016"}, ["+254700000016", "1195"]),
        ({"OCS Tel. No.": "0700000016", "Simu 2": "0700000017"}, ["+254700000017", "+254700000016"]),
        ({"24hr contact": "0700000016", "Primary Phone Number": "0700000017"}, ["+254700000017", "+254700000016"]),
    ],
)
def test_a_usual_heading_of_a_number_is_known(record: dict[str, object], numbers: list[str]) -> None:
    found, invalid = contacts_in(record)
    assert ([value for _, value, _ in found], invalid) == (numbers, "")


@pytest.mark.parametrize(
    "text",
    [
        "0700000016 (old) 0700000017 (new)",
        "Old 0700000016 new 0700000017",
        "New: 0700000017 Old: 0700000016",
        "formerly 0700000016 now 0700000017",
        "0700000017 (formerly 0700000016)",
        "0700000016 (disconnected) 0700000017",
        "0700000016 (not working) (0700) 000017",
    ],
)
def test_the_new_number_beside_an_old_one_is_the_one_to_call(text: str) -> None:
    texts = [json.dumps([{"key": "phone", "value": text}])]
    contacts, invalid = read_contacts(texts)
    assert [contact.contact_value for contact in contacts] == ["+254700000017"]
    assert read_ended(texts, contacts) == [("Mobile", "+254700000016")]
    assert "xxxxxxxxxx" in invalid[0]


@pytest.mark.parametrize("text", ["(020) 2000001 (old)", "(0700) 000016 (not working)", "Old 0700000016"])
def test_a_number_alone_that_is_called_old_is_none_to_call(text: str) -> None:
    texts = [json.dumps([{"key": "phone", "value": text}])]
    assert (read_contacts(texts)[0], len(read_ended(texts, []))) == ([], 1)


def test_the_contact_persons_of_a_facility_are_read_with_their_numbers() -> None:
    people = [
        {"full_name": "A. Person", "designation": "Matron", "mobile_no": "0700000016"},
        {"full_name": "B. Person", "mobile_no": "0700000017", "role": "survivor"},
    ]
    found, invalid = contacts_in({"contact_persons": people})
    assert found == [("Mobile", "+254700000016", "A. Person (Matron)")]
    assert "xxxxxxxxxx" in invalid


def test_a_second_contact_person_has_the_second_number() -> None:
    first: dict[str, object] = {
        "contact_person": "A. Person",
        "contact_person_phone": "0700000016",
        "contacts_email": "a@example.org",
    }
    assert contacts_in(first | {"contact_person_2": "B. Person", "contact_person_phone_2": "0700000017"}) == (
        [
            ("Mobile", "+254700000016", "A. Person"),
            ("Mobile", "+254700000017", "B. Person"),
            ("Email", "a@example.org", "A. Person"),
        ],
        "",
    )


def test_a_label_tells_a_fax_where_no_type_does() -> None:
    labelled = [{"label": "Fax", "value": "020 2000001"}, {"label": "Office", "type": "Fax", "value": "020 2000002"}]
    assert contacts_in({"contacts": labelled})[0] == [("Fax", "+254202000001", ""), ("Fax", "+254202000002", "")]
