"""Passwords and contact values are hidden; figures, dates and names of files stay readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvrc.masking import mask, mask_passwords


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://gvrc:s3cret@db:5432/gvrc", "postgresql://gvrc:***@db:5432/gvrc"),
        ("redis://:s3cret@cache:6379/0 refused", "redis://:***@cache:6379/0 refused"),
        ("postgresql://gvrc:p@ss:w0rd@db/gvrc", "postgresql://gvrc:***@db/gvrc"),
        (
            "postgresql://db/gvrc?user=gvrc&password=s3cret&sslmode=require",
            "postgresql://db/gvrc?user=gvrc&password=***&sslmode=require",
        ),
        ("host=db password='s3cret' user=gvrc", "host=db password=*** user=gvrc"),
        ("host=db password='s3 cret' user=gvrc", "host=db password=*** user=gvrc"),
        ('{"password": "s3cret"}', '{"password": ***}'),
        ("postgresql://gvrc@db:5432/gvrc", "postgresql://gvrc@db:5432/gvrc"),
        ("postgresql://gvrc:s3 cret@db/gvrc refused", "postgresql://gvrc:***@db/gvrc refused"),
        ("postgresql://db:5432/gvrc asked @ noon", "postgresql://db:5432/gvrc asked @ noon"),
        (r"password='s3\' cret' user=gvrc", "password=*** user=gvrc"),
        ("password=s3'cret user=gvrc", "password=*** user=gvrc"),
        ("sslpassword=s3cret", "sslpassword=***"),
    ],
)
def test_a_password_is_hidden_and_the_rest_stays(text: str, masked: str) -> None:
    assert mask_passwords(text) == masked
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "0700000016",
        "0700 000 016",
        "0700-000-016",
        "+254700000016",
        "+254 700 000 016",
        "254700000016",
        "(020) 0000016",
        "020 0000016",
        "tel:0700000016",
        "+254 (0)20 0000016",
        "+44 20 0000 0016",
        "someone.else@example.org",
        "700000016",
    ],
)
def test_a_contact_value_is_hidden_wherever_it_stands(text: str) -> None:
    for whole in (
        text,
        f"KINANGO P/STN - {text}",
        f"value '{text}' is too long",
        f"survivors.{text}",
        f"{text}/{text} or 112",
    ):
        assert text not in mask(whole)
        assert "***" in mask(whole)


@pytest.mark.parametrize(
    "text",
    [
        "nairobi.json: 9267 records in 1.234567891 s",
        "2026-11-23T06:00:00.123456+00:00",
        "sha256 0712345678901234567890123456789012345678901234567890123456789abc",
        "byte 2147483648 of 2147483999",
        "latitude -1.0234567, longitude 36.8012345",
        "call 999, 112, 116 or 1195",
        "code 013456, record 25722",
        "PostgreSQL 16.14 (server 160014)",
        "pipeline_20261123_060000_7.log",
    ],
)
def test_figures_dates_and_short_codes_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ('invalid input syntax for type boolean: "Jane Fict"', 'invalid input syntax for type boolean: "***"'),
        ('invalid input syntax for type integer: "Jane "J." Fict".', 'invalid input syntax for type integer: "***".'),
        ('date/time field value out of range: "Jane 31"', 'date/time field value out of range: "***"'),
        ('value "29384756123" is out of range for type integer', 'value "***" is out of range for type integer'),
        ('relation "etl.runs" does not exist', 'relation "etl.runs" does not exist'),
        ('role "gvrc_user" does not exist: see "docs"', 'role "gvrc_user" does not exist: see "docs"'),
    ],
)
def test_the_value_that_a_database_cannot_read_is_hidden(error: str, shown: str) -> None:
    assert mask(error) == shown


def test_the_row_values_that_a_database_error_quotes_are_hidden() -> None:
    error = (
        'duplicate key value violates unique constraint "contacts_value_key"\n'
        "DETAIL:  Key (contact_value, contact_person_name)=(0700000016, Jane Roe) already exists."
    )
    assert mask(error) == (
        'duplicate key value violates unique constraint "contacts_value_key"\n'
        "DETAIL:  Key (contact_value, contact_person_name)=(***) already exists."
    )
    assert "Roe" not in mask("DETAIL:  Failing row contains (7, Jane Roe (nurse), null).")


@given(
    st.text(
        alphabet=st.characters(exclude_characters="/?#@ \t\n\r&;'\"\x0b\x0c", categories=["L", "N", "P", "S"]),
        min_size=4,
    )
)
def test_no_password_that_an_url_can_bear_is_shown(password: str) -> None:
    assert f":{password}@" not in mask(f"cannot reach postgresql://gvrc:{password}@db/gvrc")
