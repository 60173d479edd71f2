"""Which records are accepted.

A reject has exactly one reason, the first that applies. An accepted record fits the schema at the end of this file,
whatever the rules before it forgot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from gvrc.columns import ISSUE_FIELDS, ISSUE_PREFIX
from gvrc.coordinates import LATITUDES, LONGITUDES
from gvrc.meanings import keys_of_field
from gvrc.paths import normal_key
from gvrc.shapes import is_county
from gvrc.text import by_distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandera.polars

# The lengths of the contract (DESIGN, section 6); a managed database's own catalogue overrides them.
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


@dataclass(frozen=True)
class Demands:
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
        "sheet_row": (
            _is_sheet_row() | _is_county_heading() | _is_row_of_columns(),
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


def _is_sheet_row() -> pl.Expr:
    """Refuse headings and plain sums; what only begins as a note or a sum does, where the record does not know better.

    "Total for Women Clinic" with a code and a ward is a facility.
    """
    name = pl.col("facility_name")
    told = pl.sum_horizontal(pl.col(column).is_not_null() for column in HARDLY_IN_A_NOTE)
    is_told = name.str.contains(BEGINS_AS_NOTE) & (told > 1)
    return _of_names(name.str.contains(SUSPECT) & is_told.not_(), is_sheet_row)


def _is_county_heading() -> pl.Expr:
    """Say whether a record says nothing of a facility: the name of a county alone is the heading of its rows."""
    nothing = [pl.col(name).is_null() for name in HARDLY_IN_A_HEADING]
    no_rows = [pl.col(name).list.len() == 0 for name in ("contacts", "services")]
    return _of_names(pl.all_horizontal(*nothing, *no_rows), is_county)


def _is_row_of_columns() -> pl.Expr:
    """Say whether a record repeats the columns of its sheet: it stands in the county "County"."""
    county = pl.col("county_name").str.strip_chars().str.to_lowercase()
    return county.is_in(["county", "county name", "kaunti"]).fill_null(value=False)


def _of_names(is_asked: pl.Expr, is_so: Callable[[str], bool]) -> pl.Expr:
    """Ask of the names for which it is worth asking: hardly any."""
    names = pl.when(is_asked).then(pl.col("facility_name"))
    return by_distinct(names, lambda texts: map(is_so, texts), pl.Boolean).fill_null(value=False)


HARDLY_IN_A_NOTE = ("facility_code", "registration_number", "constituency_name", "ward_name", "latitude", "address")
HARDLY_IN_A_HEADING = (
    *("facility_code", "registration_number", "facility_type", "facility_level", "operational_status", "owner_name"),
    *("county_name", "constituency_name", "ward_name", "latitude", "address"),
)


def is_sheet_row(name: str) -> bool:
    """Say whether a name is that of a column, begins a note, or stands before a sum; there are clinics named Total.

    >>> [
    ...     is_sheet_row(name)
    ...     for name in ("GRAND TOTAL", "Nairobi Total", "Facility Name", "Source: MoH", "Total Clinic")
    ... ]
    [True, True, True, True, False]
    """
    of_a_place = TOTAL_OF.fullmatch(name)
    return (
        NOTE_OR_TOTAL.fullmatch(name) is not None
        or HXL.fullmatch(name) is not None
        or (of_a_place is not None and is_county(of_a_place[1]))
        or normal_key(name) in headings()
    )


@cache
def headings() -> frozenset[str]:
    """Give the columns that a name stands under, where they say so: Facility Name, Jina la Kituo, not Hospital."""
    words = map(normal_key, keys_of_field("facility_name"))
    return frozenset(word for word in words if "name" in word or word.startswith("jina"))


SUSPECT = r"(?i)total|jumla|name|^jina|^[a-z ]{2,12}:|^[#*]|^s[/. ]*n|^page \d|^end of|^(?:data )?as (?:at|of)"
SUSPECT += r"|^(?:printed|generated|exported|extracted|downloaded|prepared|compiled) "
# A name that goes on behind a word for a sum, or in letters behind that for a note.
BEGINS_AS_NOTE = r"(?i)^(?:totals?\s+(?:for|no)\s+\pL|sub[\s-]*total\s+\pL|jumla\s+ya\s+\pL|[a-z ]{2,12}:\s*\pL)"
NOTE_OR_TOTAL = re.compile(
    r"(?:grand|sub|over-?all)[\s-]*totals?\b.*|totals?(?:\s*[:=].*|\s+(?:for|number|no|facilities|beds|count)\b.*)?"
    r"|jumla(?:\s+(?:kuu|ya)\b.*)?"
    r"|(?:note|notes|nb|source|sources|key|legend|disclaimer|prepared by|compiled by|updated on|last updated)\s*:.*"
    r"|(?:data\s+)?as\s+(?:at|of)\s+(?:the\s+)?\d.*|page\s+\d+(?:\s+of\s+\d+)?|s[/. ]*n(?:o|um|umber)?\.?"
    r"|end\s+of\s+(?:the\s+)?(?:list|report|data|file|sheet|table|document|directory)\W*"
    r"|(?:printed|generated|exported|extracted|downloaded)\s+(?:on|by|from|at)\b.*|(?:prepared|compiled)\s+by\b.*"
    r"|\*+\s*(?:figures?|data|notes?|sources?|hours|denotes|indicates|means)\b.*",
    re.IGNORECASE,
)
HXL = re.compile(r"#[a-z][a-z0-9_]*(?:\s*\+\s*[a-z0-9_]+)*")  # the row of tags in tables of humanitarian data
TOTAL_OF = re.compile(r"(.*?[^\s:-])[\s:-]+(?:sub-?)?totals?", re.IGNORECASE)


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
    whole = pl.concat_str(
        [
            *(pl.when(condition).then(pl.col(name)) for name, condition in is_long.items()),
            pl.when(number_is_long).then(pl.col("registration_number")),
        ],
        separator=" | ",
        ignore_nulls=True,
    )
    return records.with_columns(
        pl.when(whole != "").then(whole).alias("issue.text_cut"),
        pl.when(number_is_long.not_()).then(pl.col("registration_number")),
        *(pl.col(name).str.head(length) for name, length in lengths.items()),
    )


def check_accepted(accepted: pl.DataFrame, demands: Demands) -> dict[int, str]:
    """Say which rows of ``accepted`` (by position) break the schema, and which of its checks.

    Pandera is asked where something is wrong: its import takes longer than all that a small file needs besides. Only
    row and check are taken from its report: its failure cases hold values of the record.
    """
    if fits_schema(accepted, demands):
        return {}
    import pandera.errors

    try:
        accepted_schema(demands).validate(accepted, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        broken = errors.failure_cases.drop_nulls("index").select("index", "column", "check").rows()
        return {int(index): f"{column} breaks the rule {check}." for index, column, check in reversed(broken)}
    return {}


class Fit(NamedTuple):
    """What the schema wants of one column; null fits where ``nullable``, whatever else is wanted of a value."""

    dtype: type[pl.DataType]
    nullable: bool = False
    unique: bool = False
    longest: int | None = None  # characters of a text
    shortest: int | None = None
    between: tuple[float, float] | None = None
    names: tuple[str, ...] = ()


def accepted_columns(demands: Demands) -> dict[str, Fit]:
    """Describe what is staged: a frame that does not fit never reaches the database."""
    lengths = demands.lengths
    return {
        "row_no": Fit(pl.Int64, unique=True),
        "source": Fit(pl.String),
        "content_hash": Fit(pl.String, longest=32, shortest=32),
        "facility_name": Fit(pl.String, longest=lengths["facilities.facility_name"]),
        "facility_code": Fit(pl.String, nullable=True, longest=lengths["facilities.facility_code"]),
        "registration_number": Fit(pl.String, nullable=True, longest=lengths["facilities.registration_number"]),
        "latitude": Fit(pl.Float64, nullable=True, between=LATITUDES),
        "longitude": Fit(pl.Float64, nullable=True, between=LONGITUDES),
        "ward_id": Fit(pl.Int64, nullable=not demands.needs_ward),
        "place_level": Fit(pl.String, names=("ward", "constituency", "county", "none")),
        "quality_score": Fit(pl.Float64, between=(0, 100)),
    }


def fits_schema(accepted: pl.DataFrame, demands: Demands) -> bool:
    """Say whether pandera would find nothing: the same columns, asked all at once."""
    columns = accepted_columns(demands)
    if any(accepted.schema.get(name) != fit.dtype for name, fit in columns.items()):
        return False
    return all(accepted.select(fits(name, fit).alias(name) for name, fit in columns.items()).row(0))


def fits(name: str, fit: Fit) -> pl.Expr:
    """Say whether all values of a column fit."""
    value = pl.col(name)
    wanted = [value.is_not_null() | pl.lit(fit.nullable)]
    if fit.unique:
        wanted.append(value.is_unique())
    if fit.longest is not None:
        wanted.append(value.str.len_chars().is_between(fit.shortest or 0, fit.longest))
    if fit.between is not None:
        wanted.append(value.is_between(*fit.between))
    if fit.names:
        wanted.append(value.is_in(list(fit.names)))
    return pl.all_horizontal(wanted).all()


def accepted_schema(demands: Demands) -> pandera.polars.DataFrameSchema:
    """Say the same to pandera."""
    import pandera.polars as pa

    def checks(fit: Fit) -> Iterator[pa.Check]:
        if fit.longest is not None:
            yield pa.Check.str_length(fit.shortest, fit.longest)
        if fit.between is not None:
            yield pa.Check.in_range(*fit.between)
        if fit.names:
            yield pa.Check.isin(list(fit.names))

    return pa.DataFrameSchema(
        {
            name: pa.Column(fit.dtype, list(checks(fit)), nullable=fit.nullable, unique=fit.unique)
            for name, fit in accepted_columns(demands).items()
        }
    )


def collect_issues(accepted: pl.DataFrame) -> pl.DataFrame:
    """Turn the columns ``issue.<kind>`` into rows: row_no, kind, field, raw_value."""
    kinds = [name for name in accepted.columns if name.startswith(ISSUE_PREFIX)]
    return (
        accepted.select("row_no", *(name for name in kinds if accepted[name].null_count() < accepted.height))
        .unpivot(index="row_no", variable_name="kind", value_name="raw_value")
        .drop_nulls("raw_value")
        .with_columns(pl.col("kind").str.strip_prefix(ISSUE_PREFIX))
        .with_columns(field=pl.col("kind").replace_strict(ISSUE_FIELDS, default="record", return_dtype=pl.String))
        .select("row_no", "kind", "field", pl.col("raw_value").cast(pl.String))
    )


@dataclass(frozen=True)
class ValidationResult:
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
