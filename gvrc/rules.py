"""Which records are accepted.

A reject has exactly one reason, the first that applies. Whatever the rules forget, ``gvrc/loading/schema.py``
holds back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.columns import ISSUE_FIELDS, ISSUE_PREFIX
from gvrc.meaning.person_words import OF_A_PLACE
from gvrc.reading.sheet_rows import is_of_sheet
from gvrc.structs import Struct, field
from gvrc.values.storable import NO_NUL
from gvrc.values.text import join_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

# The lengths of the contract (contract.csv); a managed database's own catalogue overrides them.
CONTRACT_LENGTHS = {
    "facilities.facility_name": 200,
    "facilities.facility_code": 50,
    "facilities.registration_number": 100,
    "facilities.address_line_1": 255,
    "facilities.website_url": 500,
    "facilities.facility_type": 100,  # of a fresh directory; a managed one has no such column
    "facility_services.service_name": 200,
    "facility_contacts.contact_value": 255,
    "facility_contacts.contact_person_name": 100,
    "facility_owners.owner_name": 200,
}


class Demands(Struct, frozen=True):
    """What a database demands of a record: the lengths of its texts, and whether a ward must be known."""

    lengths: Mapping[str, int] = field(default_factory=lambda: CONTRACT_LENGTHS)
    needs_ward: bool = False


def apply_rules(records: pl.DataFrame, demands: Demands) -> pl.DataFrame:
    """Add ``reject_reason``, ``reject_field`` and ``reject_detail`` to what is refused, and cut what is too long.

    A reason that an earlier step set stands.
    """
    reasons = reject_reasons(demands)
    refused = [pl.when(condition).then(pl.lit(reason)) for reason, (condition, _, _) in reasons.items()]
    fields = {reason: name for reason, (_, name, _) in reasons.items()}
    details = [pl.when(pl.col("reject_reason") == reason).then(detail) for reason, (_, _, detail) in reasons.items()]
    return (
        records.with_columns(reject_reason=pl.coalesce("reject_reason", *refused))
        .with_columns(
            reject_field=pl.col("reject_reason").replace_strict(fields, default="record", return_dtype=pl.String),
            reject_detail=pl.coalesce("reject_detail", *details),
        )
        .pipe(cut_long_texts, demands)
    )


def reject_reasons(demands: Demands) -> dict[str, tuple[pl.Expr, str, pl.Expr]]:
    """Give each reason with its condition, the field it is about, and what the account says of it."""
    name_length = demands.lengths["facilities.facility_name"]
    code_length = demands.lengths["facilities.facility_code"]
    return {
        "name_missing": (
            pl.col("facility_name").is_null(),
            "facility_name",
            pl.lit("The record has no name."),
        ),
        "not_a_facility": (
            is_addressed(),
            "facility_name",
            pl.lit("The name is that of a person."),
        ),
        "sheet_row": (
            is_of_sheet(),
            "facility_name",
            pl.lit("The row is a heading, a note or a sum of its sheet."),
        ),
        "name_too_long": (
            pl.col("facility_name").str.len_chars() > name_length,
            "facility_name",
            pl.format("The name has {} characters, {} fit.", pl.col("facility_name").str.len_chars(), name_length),
        ),
        "code_too_long": (
            pl.col("facility_code").str.len_chars() > code_length,
            "facility_code",
            pl.format("The code has {} characters, {} fit.", pl.col("facility_code").str.len_chars(), code_length),
        ),
        "ward_unresolved": (
            pl.col("ward_id").is_null() & pl.lit(demands.needs_ward),
            "ward_name",
            pl.lit("No ward is sure."),
        ),
    }


def is_addressed() -> pl.Expr:
    """Say whether a name is that of somebody, "Mrs. Sample Person", and nothing else tells of a facility."""
    name = pl.col("facility_name")
    tells_none = [pl.col(column).is_null() for column in ("facility_code", "facility_type", "facility_level")]
    is_somebody = name.str.contains(FORM_OF_ADDRESS) & ~name.str.contains(OF_A_PLACE.pattern)
    return pl.all_horizontal(is_somebody, *tells_none, pl.col("services").list.len() == 0)


# Not Dr., of whom many a clinic bears the name, nor Miss: Miss Koch is an organisation.
FORM_OF_ADDRESS = r"(?i)^(?:(?:mr|mrs|hon|bw)\b\.?|ms\.)\s*\pL"


def cut_long_texts(records: pl.DataFrame, demands: Demands) -> pl.DataFrame:
    """Cut free text that the database has no room for; the whole text stays in ``issue.text_cut``.

    A registration number is a key: cut it would be another one, so it is left out.
    """
    cut = {
        "address": "facilities.address_line_1",
        "website_url": "facilities.website_url",
        "facility_type": "facilities.facility_type",
        "owner_name": "facility_owners.owner_name",
    }
    lengths = {name: demands.lengths[column] for name, column in cut.items()}
    is_long = {name: pl.col(name).str.len_chars() > length for name, length in lengths.items()}
    number_is_long = pl.col("registration_number").str.len_chars() > demands.lengths["facilities.registration_number"]
    cut_texts = [pl.when(condition).then(pl.col(name)) for name, condition in is_long.items()]
    left_out = pl.when(number_is_long).then(pl.col("registration_number"))
    return records.with_columns(
        join_texts([*cut_texts, left_out], " | ").alias("issue.text_cut"),
        pl.when(number_is_long.not_()).then(pl.col("registration_number")),
        *(pl.col(name).str.head(length) for name, length in lengths.items()),
    )


def collect_issues(accepted: pl.DataFrame) -> pl.DataFrame:
    """Turn the columns ``issue.<kind>`` into rows: row_no, kind, field, raw_value."""
    kinds = [name for name in accepted.columns if name.startswith(ISSUE_PREFIX)]
    return (
        accepted.select("row_no", *(name for name in kinds if accepted[name].null_count() < accepted.height))
        .unpivot(index="row_no", variable_name="kind", value_name="raw_value")
        .drop_nulls("raw_value")
        .with_columns(pl.col("kind").str.strip_prefix(ISSUE_PREFIX))
        .with_columns(pl.col("raw_value").cast(pl.String).str.replace_all("\0", NO_NUL, literal=True))
        .with_columns(field=pl.col("kind").replace_strict(ISSUE_FIELDS, default="record", return_dtype=pl.String))
        .select("row_no", "kind", "field", "raw_value")
    )


class ValidationResult(Struct, frozen=True):
    """What the rules say of one record."""

    is_valid: bool
    quality_score: float
    errors: list[str]


class DataValidator:
    """The guide's face: one normalised record at a time, by the rules and the score of a batch."""

    def __init__(self, demands: Demands | None = None) -> None:
        self.demands = demands or Demands()

    def validate_facility(self, facility: Mapping[str, object]) -> ValidationResult:
        """Say whether the record would be accepted, how good it is (0 to 100), and what is wrong with it."""
        from gvrc.transform import transform_one

        records = transform_one(facility, self.demands)
        reason, detail, score = records.select("reject_reason", "reject_detail", "quality_score").row(0)
        return ValidationResult(reason is None, score or 0.0, [] if reason is None else [f"{reason}: {detail}"])
