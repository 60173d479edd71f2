"""Transformed records -> the frames that are copied into the staging tables, and what is told of those left out.

The tables are in ``sql/staging/create.sql``; ``gvrc/load.py`` copies.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import polars as pl

from gvrc.account import CHILD_TABLES
from gvrc.values.services import add_service_category

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gvrc.reading.raw import PackedTexts

STAGED_RECORDS = (
    "row_no",
    "round",
    "file_no",
    "record_number",
    "source",
    "source_key",
    "content_hash",
    "answers",
    "facility_name",
    "name_key",
    "facility_code",
    "code_prefix",
    "generated_code",
    "registration_number",
    "facility_type",
    "operational_status",
    "is_active",
    "address",
    "description",
    "website_url",
    "official_name",
    "facility_level",
    "opening",
    "sub_county_name",
    "ward_id",
    "constituency_id",
    "county_id",
    "place_level",
    "ward_match",
    "ward_score",
    "ward_candidates",
    "latitude",
    "longitude",
    "collected_on",
    "recorded_on",
    "quality_score",
)
ROUND_KEYS = ("code", "source_key", "place", "number", "content")
CHILDREN = ("contacts", "services", "owners", "gbv_categories", "infrastructure")
CHILD_LOOKUPS = {  # what of a child names a row of a lookup table
    "staged_contacts": {"contact_type": "contact_types"},
    "staged_services": {"service_category": "service_categories"},
    "staged_owners": {"owner_type": "owner_types"},
    "staged_gbv_categories": {"gbv_category": "gbv_categories"},
    "staged_infrastructure": {"infrastructure_type": "infrastructure_types", "condition_status": "condition_statuses"},
}
Key = tuple[int, str]  # which of ROUND_KEYS, and its value
BETWEEN_WORDS = r"[^\p{L}\p{N}]+"
Refused = dict[int, tuple[str, str]]  # the reason and the detail of accepted rows that do not land, by row_no
SIGNS = r"""[ .,:;_/()"'`\[\]\x{b4}\x{2018}\x{2019}\x{2bc}\x{2013}-]+"""  # as in sql/staging/functions.sql
ACCENTED, PLAIN = "àáâãäåçèéêëìíîïñòóôõöùúûüý", "aaaaaaceeeeiiiinooooouuuuy"


def add_ward_risk(accepted: pl.DataFrame, wards_at_risk: dict[int, str]) -> pl.DataFrame:
    """Note a facility in a ward that the application may delete with everything in it."""
    risk = pl.col("ward_id").replace_strict(wards_at_risk, default=None, return_dtype=pl.String)
    return accepted.with_columns(risk.alias("issue.at_risk_ward")) if wards_at_risk else accepted


def add_rounds(accepted: pl.DataFrame) -> pl.DataFrame:
    """Add ``round``: a record that shares a key with an earlier one of the batch is merged after it.

    Keys are the code, the source's own key, name and constituency (a code may turn out to be another facility's), and
    number, where one of the two has no code. A number is one, too, where a facility comes more than once: it may claim
    and give up several. A record without a place may be of a facility in any: it is merged after all of its name that
    come before it, and before those that come after it.
    """
    keyed = round_keys(accepted)
    is_shared = pl.any_horizontal(
        pl.col(key).is_duplicated() & pl.col(key).is_not_null() for key in (*ROUND_KEYS, "name_of_any_place")
    )
    shared = keyed.filter(is_shared)
    named = shared.drop_nulls("name_of_any_place").select("row_no", "name_of_any_place", "is_nowhere")
    names = {row_no: (name, is_nowhere) for row_no, name, is_nowhere in named.iter_rows()}
    rounds = dict(number_rounds(shared.select("row_no", *ROUND_KEYS).iter_rows(), names))
    return accepted.with_columns(round=pl.col("row_no").replace_strict(rounds, default=1, return_dtype=pl.Int64))


def round_keys(accepted: pl.DataFrame) -> pl.DataFrame:
    """Give the keys of each record, by row_no; null where it has none.

    Codes are generated of names without their signs, and names meet where "&" is "and", "center" "centre", an accent
    nothing: who may have one code, or may meet, has one key. ``name_of_any_place`` is the name where one of the records
    that bear it is without a place.
    """
    name = (
        pl.col("facility_name")
        .str.to_lowercase()
        .str.replace_many([*ACCENTED], [*PLAIN])
        .str.replace_all(BETWEEN_WORDS, "")
        .str.replace_all("and", "", literal=True)
        .str.replace_all("center", "centre", literal=True)
    )
    constituency = pl.col("constituency_id").cast(pl.String)
    keyed = accepted.select(
        "row_no",
        code=pl.col("facility_code"),
        source_key=pl.concat_str("source", "source_key", separator=" "),
        place=pl.concat_str(name, constituency.fill_null(""), separator="|"),
        number=pl.col("registration_number"),
        content=pl.concat_str("source", "content_hash", separator=" "),
        name_of_any_place=pl.when(constituency.is_null().any().over(name)).then(name),
        is_nowhere=constituency.is_null(),
        comes_again=pl.col("facility_code").is_duplicated() & pl.col("facility_code").is_not_null(),
    )
    is_key = (pl.col("code").is_null() | pl.col("comes_again")).any().over("number")
    return keyed.with_columns(number=pl.when(is_key).then("number")).drop("comes_again")


def name_key(name: pl.Expr) -> pl.Expr:
    """Give what two spellings of a name have in common: with or without signs and accents; Center, Centre.

    >>> names = pl.DataFrame({"name": ["St. Mary's Centre (Faith & Hope)", "ST MARYS CENTER FAITH AND HOPE"]})
    >>> names.select(name_key(pl.col("name")))["name"].to_list()
    ['stmaryscentrefaithandhope', 'stmaryscentrefaithandhope']
    """
    return (
        name.str.to_lowercase()
        .str.replace_all("&", "and", literal=True)
        .str.replace_all(SIGNS, "")
        .str.replace_many([*ACCENTED], [*PLAIN])
        .str.replace_all("center", "centre", literal=True)
    )


def number_rounds(rows: Iterator[tuple[Any, ...]], names: Mapping[int, tuple[str, bool]]) -> Iterator[tuple[int, int]]:
    """Number the rows, in their order, that share a key with one another, or with one that shares one with the other.

    A record may give a facility the name by which another one is met. ``names`` has the names that records without a
    place bear, by row_no of all who bear them, and whether this is one without: those that are linked with it wait for
    all of its name before them, and those after it wait for them. Those with a place do not wait for each other because
    of it: each of 1,000 police stations would take a round.
    """
    groups = link_rows(rows)
    borne, borne_nowhere = names_of_groups(groups, names)
    of_group: Counter[Key] = Counter()  # the last round of each so far
    of_name: Counter[str] = Counter()
    of_nowhere: Counter[str] = Counter()
    for row_no, group in groups.items():
        waits_for = [
            of_group[group],
            *(of_nowhere[name] for name in borne[group]),
            *(of_name[name] for name in borne_nowhere[group]),
        ]
        round_no = 1 + max(waits_for)
        yield row_no, round_no
        of_group[group] = round_no
        of_nowhere |= dict.fromkeys(borne_nowhere[group], round_no)
        for name in borne[group]:
            of_name[name] = max(round_no, of_name[name])


def link_rows(rows: Iterator[tuple[Any, ...]]) -> dict[int, Key]:
    """Give of each row, by row_no, one key for all that are linked with it by keys that they share."""
    keys = {
        row_no: [(place, value) for place, value in enumerate(values) if value is not None] for row_no, *values in rows
    }
    of_key: dict[Key, Key] = {}  # another key of the same rows

    def first_of(key: Key) -> Key:
        while (other := of_key.setdefault(key, key)) != key:
            of_key[key], key = of_key[other], other
        return key

    for first, *others in keys.values():
        for other in others:
            of_key[first_of(other)] = first_of(first)
    return {row_no: first_of(first) for row_no, (first, *_) in keys.items()}


def names_of_groups(
    groups: Mapping[int, Key], names: Mapping[int, tuple[str, bool]]
) -> tuple[Mapping[Key, set[str]], Mapping[Key, set[str]]]:
    """Give the names of each group of linked rows, and those that it bears without a place."""
    borne: defaultdict[Key, set[str]] = defaultdict(set)
    borne_nowhere: defaultdict[Key, set[str]] = defaultdict(set)
    for row_no, (name, is_nowhere) in names.items():
        borne[groups[row_no]].add(name)
        if is_nowhere:
            borne_nowhere[groups[row_no]].add(name)
    return borne, borne_nowhere


def staged_records(accepted: pl.DataFrame, children: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Give the records as they are staged, with the number of rows that each has among the children."""
    counted = accepted.with_columns(
        name_key=name_key(pl.col("facility_name")),
        generated_code=pl.lit(None, pl.String),
        collected_on=pl.col("recorded_on").cast(pl.String),
        recorded_on=pl.col("recorded_on").cast(pl.String),
    ).drop(*CHILDREN, strict=False)
    for name in CHILDREN:
        given = children[f"staged_{name}"].group_by("row_no").agg(pl.len().cast(pl.Int64).alias(name))
        counted = counted.join(given, on="row_no", how="left", validate="1:1", maintain_order="left")
    return counted.select(*STAGED_RECORDS, pl.col(CHILDREN).fill_null(0))


def staged_contacts(accepted: pl.DataFrame) -> pl.DataFrame:
    """Unfold contacts; ``contact_key`` is what makes two writings the same: nine digits, or the text in lower case."""
    return (
        accepted.select("row_no", "contacts")
        .filter(pl.col("contacts").list.len() > 0)
        .explode("contacts")
        .unnest("contacts")
        # The first becomes the primary one, whom survivors are sent to: a fax or a box answers nobody.
        .sort("row_no", pl.col("contact_type").is_in(["Fax", "Website", "Postal Address"]), maintain_order=True)
        .with_columns(
            contact_person_name=pl.col("contact_person_name").fill_null(""),
            contact_key=contact_key(),
        )
        .select("row_no", "contact_type", "contact_value", "contact_key", "contact_person_name")
    )


def number_contacts(contacts: pl.DataFrame) -> pl.DataFrame:
    """Number the contacts that each record keeps: a new facility's first one becomes its primary one."""
    return contacts.with_columns(position=pl.int_range(pl.len(), dtype=pl.Int64).over("row_no"))


def contact_key() -> pl.Expr:
    """Give what two writings of a contact have in common."""
    return (
        pl.when(pl.col("contact_type").is_in(["Email", "Website", "Postal Address"]))
        .then(pl.col("contact_value").str.to_lowercase())
        .otherwise(pl.col("contact_value").str.replace_all(r"[^0-9]", "").str.tail(9))
    )


def staged_ended_contacts(accepted: pl.DataFrame, type_names: dict[str, str]) -> pl.DataFrame:
    """Unfold what records call out of use, under the database's names of its types."""
    return (
        accepted.select("row_no", "ended_contacts")
        .drop_nulls("ended_contacts")
        .explode("ended_contacts")
        .unnest("ended_contacts")
        .select(
            "row_no",
            pl.col("contact_type").replace(type_names),
            contact_key=contact_key(),
        )
        .unique(maintain_order=True)
    )


def staged_services(accepted: pl.DataFrame, default_category: str | None) -> pl.DataFrame:
    """Unfold services, each with its category; one that neither its name nor the facility tells is the default."""
    return (
        accepted.select("row_no", "facility_type", service_name="services")
        .filter(pl.col("service_name").list.len() > 0)
        .explode("service_name")
        .pipe(add_service_category)
        .select("row_no", "service_name", pl.coalesce("service_category", pl.lit(default_category, pl.String)))
    )


def staged_owners(accepted: pl.DataFrame, default_type: str | None) -> pl.DataFrame:
    """Give the owners; one whose type nobody stated has the configured type for that."""
    return accepted.drop_nulls("owner_name").select(
        "row_no", "owner_name", pl.coalesce("owner_type", pl.lit(default_type, pl.String))
    )


def staged_gbv_categories(accepted: pl.DataFrame) -> pl.DataFrame:
    """Unfold the GBV categories."""
    return (
        accepted.select("row_no", gbv_category="gbv_categories")
        .filter(pl.col("gbv_category").list.len() > 0)
        .explode("gbv_category")
        .unique(maintain_order=True)
    )


def staged_infrastructure(accepted: pl.DataFrame) -> pl.DataFrame:
    """Give beds and cots where there are any; most sources write 0 for unknown, and 0 beds need no row."""
    return (
        accepted.select("row_no", Beds="beds", Cots="cots")
        .unpivot(index="row_no", variable_name="infrastructure_type", value_name="capacity")
        .filter(pl.col("capacity") > 0)
        .select("row_no", "infrastructure_type", condition_status=pl.lit("Unknown"), capacity="capacity")
    )


def fit_texts(rows: pl.DataFrame, column: str, length: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cut a column's texts to a length, and give an issue for each; a contact that was cut would be another one."""
    is_long = pl.col(column).str.len_chars() > length
    fitting = (
        rows.filter(is_long.not_()) if column == "contact_value" else rows.with_columns(pl.col(column).str.head(length))
    )
    return fitting, child_issues(rows.filter(is_long), "text_cut", column)


def without_doubles(services: pl.DataFrame) -> pl.DataFrame:
    """Leave one of the services of a record that are told apart only by what was cut off."""
    return services.filter(pl.struct("row_no", pl.col("service_name").str.to_lowercase()).is_first_distinct())


def child_issues(rows: pl.DataFrame, kind: str, column: str) -> pl.DataFrame:
    """Give an issue for each of the children, with the value of a column."""
    return rows.select("row_no", kind=pl.lit(kind), field=pl.lit(column), raw_value=column)


def count_rows(records: pl.DataFrame) -> pl.DataFrame:
    """Count, by file, records and the rows that they give to each table of children."""
    return records.group_by("file_no").agg(pl.len(), pl.col(CHILD_TABLES).cast(pl.Int64).sum())


def refused_rows(accepted: pl.DataFrame, refused: Refused, texts: PackedTexts) -> pl.DataFrame:
    """Turn accepted rows that the merge refused into rejects."""
    reasons = {row_no: reason for row_no, (reason, _) in refused.items()}
    details = {row_no: detail for row_no, (_, detail) in refused.items()}
    return (
        accepted.filter(pl.col("row_no").is_in(list(refused)))
        .with_columns(
            reject_reason=pl.col("row_no").replace_strict(reasons, return_dtype=pl.String),
            reject_field=pl.lit("record"),
            reject_detail=pl.col("row_no").replace_strict(details, return_dtype=pl.String),
        )
        .pipe(texts.unpack)
        .pipe(staged_rejects)
    )


def staged_rejects(rejected: pl.DataFrame) -> pl.DataFrame:
    """Give what is kept of a reject: enough to correct the record and send it again."""
    return rejected.select(
        "file_no",
        "record_number",
        "source",
        content_hash=pl.coalesce("answers", "content_hash"),
        reason="reject_reason",
        field="reject_field",
        detail="reject_detail",
        suggestion="suggestion",
        raw="raw",
        nobodys="nobodys",
        is_correction=(pl.col("answers") != pl.col("content_hash")).fill_null(value=False),
        corrected_by=pl.lit(None, pl.String),
    )


def record_lines(rejected: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """Give a row for each reject and issue of a batch, without the values: file_no, record_number and what about it."""
    return pl.concat(
        [
            rejected.select("file_no", "record_number", "field", kind="reason").with_columns(
                outcome=pl.lit("rejected")
            ),
            issues.select("file_no", "record_number", "facility_code", "field", "kind").with_columns(
                outcome=pl.lit("issue")
            ),
        ],
        how="diagonal",
    )


def settled_issues(settled: pl.DataFrame) -> pl.DataFrame:
    """Unfold the issues that settled records had when they were merged, as ``record_lines`` gives issues."""
    return (
        settled.filter(pl.col("issues") != "")
        .select("file_no", "record_number", "facility_code", issue=pl.col("issues").str.split("\n"))
        .explode("issue")
        .select(
            "file_no",
            "record_number",
            "facility_code",
            field=pl.col("issue").str.split(" ").list.last(),
            kind=pl.col("issue").str.split(" ").list.first(),
            outcome=pl.lit("issue"),
        )
    )
