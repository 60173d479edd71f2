"""One value of a record, however odd, takes no time: an import of all the others would wait for it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gvrc.masking import mask, mask_contacts
from gvrc.reading.fitting import TWO_NUMBERS
from gvrc.reading.sheet_rows import is_sheet_row
from gvrc.values.casts import read_day
from gvrc.values.closures import read_closed
from gvrc.values.contact_forms import LONGEST_RAW, read_contacts
from gvrc.values.phones import find_phones, split_phones
from gvrc.values.positions import read_degrees, read_pair
from gvrc.values.text import clean_text, clean_value

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNS = 20_000


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_degrees, "1" * 400 + "!"),
        (read_degrees, "1" + " " * 600 + "!"),
        (read_pair, "1" + ", " * SIGNS + "x"),
        (TWO_NUMBERS.search, "1" + " ," * SIGNS + "x"),
        (read_day, "1" + "T" * SIGNS + "x"),
        (read_closed, "y" + "1, " * SIGNS + "y"),
        (find_phones, "(" * SIGNS + "y 1"),
        (find_phones, "1" * SIGNS),
        (find_phones, "07 " * SIGNS + "/1" * SIGNS),
        (mask_contacts, "07" * SIGNS + "x"),
        (mask, "a" * SIGNS),
        (is_sheet_row, "- " * (SIGNS // 2) + "x"),
        (split_phones, "x 0700000016" + "(" * SIGNS + "x"),
        (split_phones, "Umoja Clinic 0700000016 " + "(" * 1_500 + ")" * 1_500),
        (clean_value, "&" + "amp;" * SIGNS),
    ],
)
def test_no_value_takes_long_to_read(read: Callable[[str], object], text: str) -> None:
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 1


def test_what_was_escaped_a_thousand_times_is_unescaped() -> None:
    assert clean_value("Faith &" + "amp;" * 1_000 + " Hope") == "Faith & Hope"


def test_a_number_is_not_parted_to_make_an_angle_of_it() -> None:
    assert [read_degrees(text) for text in ("117'", "115m", "1 17'", "1°17'S")] == [
        None,
        None,
        1 + 17 / 60,
        -1 - 17 / 60,
    ]


def test_an_address_that_follows_another_one_is_hidden_too() -> None:
    assert mask_contacts("a.b@example.org.+c@example.org, d@example.org") == "***, ***"


def test_a_long_text_is_not_kept_with_each_of_its_numbers() -> None:
    numbers = ", ".join(f"07000{place:05d}" for place in range(300))
    contacts, _ = read_contacts([f'[{{"key": "phone", "value": "{numbers}"}}]'])
    assert len(contacts) == 300
    assert max(len(contact.contact_raw) for contact in contacts) == LONGEST_RAW


def test_contacts_that_are_objects_make_no_frame_each(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[pl.DataFrame] = []
    select = pl.DataFrame.select

    def note(frame: pl.DataFrame, *columns: Any, **named: Any) -> pl.DataFrame:
        made.append(frame)
        return select(frame, *columns, **named)

    monkeypatch.setattr(pl.DataFrame, "select", note)
    given_numbers = [{"type": "Phone", "value": f"07000000{place:02}", "email": "N/A"} for place in range(50)]

    contacts, invalid = read_contacts([json.dumps([{"key": "contacts", "value": given_numbers}])])

    assert [contact.contact_value for contact in contacts] == [f"+2547000000{place:02}" for place in range(50)]
    assert (invalid, len(made)) == ([], 0)


@given(st.text(st.sampled_from("Aa é\u0301\u200b\n\x1c\u2800&amp;#-._?<bnil/N\u212a"), max_size=12))
@example("n/a\n")
@example(" unKnown \u200b")
@example("")
def test_a_value_by_itself_is_cleaned_as_it_is_in_a_column(text: str) -> None:
    assert clean_value(text) == clean_text(pl.Series([text], dtype=pl.String)).item()
