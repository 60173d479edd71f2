"""Which facility is each record of a round? The SQL is in ``sql/merge/1_meet*.sql``; the first tells the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvrc.values.identity import may_be_misspelt, may_be_one, may_be_one_of_a_place

if TYPE_CHECKING:
    from gvrc.database import Database
    from gvrc.loading.merge import Merger
    from gvrc.loading.stage import StagedBatch
    from gvrc.loading.staging import Refused

Span = tuple[int, int, int]  # the round, the first and the last row_no


def meet(merger: Merger, staged: StagedBatch, span: Span) -> Refused:
    """Find the facility of each row, or a new key for it; give those that no facility is sure for."""
    database = merger.database
    needless = staged.needless if merger.is_first_load and span[0] == 1 else frozenset()
    meet_by_given_codes(merger, span, needless)
    refused = judge_claimed_codes(merger)
    has_codeless = database.run("generate_codes", *span) > 0
    meet_by_keys(merger, span, needless, has_codeless=has_codeless)
    meet_by_names(merger, span, has_codeless=has_codeless and "meet_by_name" not in needless)
    if staged.has_answers:
        database.run("meet_by_former_correction", *span)
    postpone(database, span[0])
    refused |= refuse_ambiguous(database)
    withdraw_records(database, refused)
    database.run("note_claimed_generated_codes")
    database.run("meet_new", *span, merger.next_id("facilities"))
    database.run("analyze_merging")
    return refused


def meet_by_given_codes(merger: Merger, span: Span, needless: frozenset[str]) -> None:
    """Meet the facilities of records that came before, and those whose code a record has, or had."""
    database = merger.database
    if "meet_by_content" not in needless and database.run("meet_by_content", *span):
        merger.has_refused |= database.run("withdraw_codes_claimed_again") > 0
    if "meet_by_code" not in needless:
        database.run("meet_by_code", *span)
        database.run("meet_by_code_without_zeros", *span)
    if not merger.is_first_load:  # nobody has edited yet what the run itself brings
        database.run("meet_by_former_code", *span)


def judge_claimed_codes(merger: Merger) -> Refused:
    """Give a record that claims another facility's code a generated one, or refuse it, as the setting says.

    The code stays with the facility that has it. That is another one if both its place and its name are, if the source
    tells the two apart by its keys, or if one of them is a part of the other: its gender desk, its recovery centre.
    """
    database, refused = merger.database, {}
    claims = {claim["row_no"]: claim for claim in database.rows("find_doubtful_meetings", "code")}
    for row_no, claim in claims.items():
        names = (claim["bearer_name"], claim["imported_name"])
        is_one = may_be_one_of_a_place if claim["is_by_key"] else may_be_one
        if not claim["is_another"] and any(is_one(claim["claimant_name"], name) for name in names):
            continue
        database.run("forget_meeting", row_no, None)
        if merger.settings.code_claimed_twice == "reject":
            refused[row_no] = ("code_claimed_twice", f"The code {claim['facility_code']} is borne by another facility.")
        else:
            database.run("withdraw_claimed_code", row_no)
            database.run("note_claimed_key", row_no, "code_claimed_twice", "facility_code", claim["facility_code"])
            merger.has_refused = True
    return refused


def meet_by_keys(merger: Merger, span: Span, needless: frozenset[str], *, has_codeless: bool) -> None:
    """Meet facilities by generated codes, by a source's own keys and by registration numbers."""
    database = merger.database
    if has_codeless:
        meet_by_generated_codes(database, span, heeds_keys=True)
    if "meet_by_source_key" not in needless:
        database.run("meet_by_source_key", *span)
    if judge_claimed_keys(database):
        meet_by_generated_codes(database, span, heeds_keys=False)
    if database.run("meet_by_registration_number", *span, merger.directory.is_managed):
        judge_claimed_numbers(database)


def meet_by_generated_codes(database: Database, span: Span, *, heeds_keys: bool) -> None:
    """Meet facilities by generated codes; where two of one name lie apart, each by its own."""
    database.run("meet_by_generated_code", *span, heeds_keys)
    if database.run("part_generated_codes", *span):
        database.run("meet_by_generated_code", *span, heeds_keys)


def judge_claimed_keys(database: Database) -> bool:
    """Forget what a record met by a source's key that belongs to quite another facility; say whether there was one.

    Such a key says nothing: the record is met by something else.
    """
    is_claimed = False
    for claim in database.rows("find_doubtful_keys"):
        names = (claim["bearer_name"], claim["imported_name"])
        if claim["has_other_code"] or not any(may_be_one(claim["claimant_name"], name) for name in names):
            # Whom a key fits besides, it does not fit for sure.
            facility_id = None if claim["has_other_code"] else claim["facility_id"]
            database.run("forget_meeting", claim["row_no"], facility_id)
            database.run(
                "note_claimed_key", claim["row_no"], "source_key_claimed_twice", "source_key", claim["source_key"]
            )
            is_claimed = True
    return is_claimed


def judge_claimed_numbers(database: Database) -> None:
    """Forget what a record met by the number of quite another facility: the branches of one body share theirs.

    Of the national list 121 pairs share a number in a constituency, and two of them a telling word, once misspelt.
    That the number is claimed twice is told where it is refused.
    """
    for claim in database.rows("find_doubtful_meetings", "registration number"):
        pairs = [(claim["claimant_name"], claim[name]) for name in ("bearer_name", "imported_name")]
        if not any(may_be_one(*names) or may_be_misspelt(*names) for names in pairs):
            database.run("forget_meeting", claim["row_no"], None)


def meet_by_names(merger: Merger, span: Span, *, has_codeless: bool) -> None:
    """Meet facilities by name and place: by the name as it is first, then without its signs."""
    database = merger.database
    names = ["meet_generated_by_name", "meet_generated_by_spelling"]
    if has_codeless:
        names = ["meet_by_name", "meet_by_spelling", *names]
    if sum(database.run(name, *span) for name in names):
        database.run("forget_other_wards")
    if not merger.is_first_load:  # nobody has edited yet what the run itself brings
        database.run("meet_by_former_name", *span, has_codeless)


def postpone(database: Database, round_no: int) -> None:
    """Leave to later rounds the records that met the same facility as one before them, merged now or later."""
    postponed = 0
    if round_no < last_round(database):
        postponed = database.run("postpone_early_meetings", round_no)
    if postponed + database.run("postpone_second_meetings", round_no) > 0:
        database.run("analyze_staged_records")  # else the planner takes the records of their new rounds for none
        database.run("forget_postponed_issues", round_no)


def last_round(database: Database) -> int:
    """Ask how many rounds the batch has; a round may postpone a record to a further one."""
    return int(database.rows("last_round")[0]["last_round"])


def refuse_ambiguous(database: Database) -> Refused:
    """Refuse the records that met several facilities: nobody can tell which of them is meant."""
    return {
        found["row_no"]: (
            "identity_ambiguous",
            f"By its {found['met_by']} it may be any of {found['codes']}. Give the record a code.",
        )
        for found in database.rows("find_ambiguous_meetings")
    }


def withdraw_records(database: Database, refused: Refused) -> None:
    """Take refused records out of this round and all later ones."""
    for row_no in refused:
        database.run("forget_meeting", row_no, None)
        database.run("withdraw_record", row_no)
