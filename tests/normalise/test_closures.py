from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvrc.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    Landed = Callable[..., dict[str, Any]]

CLOSED = {"operational_status": "Non-Operational", "is_active": False}
FOR_A_TIME = {"operational_status": "Temporarily Closed", "is_active": False}


@pytest.mark.parametrize(
    ("status", "landing"),
    [
        ("Closed since 2019", CLOSED),
        ("Closed (2019)", CLOSED),
        ("CLOSED - moved to Kibera", CLOSED),
        ("Facility closed in March 2020", CLOSED),
        ("Non-Operational since 2020", CLOSED),
        ("Not operational due to lack of staff", CLOSED),
        ("Relocated to Kibera", CLOSED),
        ("Moved to Kibera", CLOSED),
        ("Imefungwa (2019)", CLOSED),
        ("Kituo kimefungwa tangu Machi 2024", CLOSED),
        ("Imefungwa kwa sababu ya mafuriko", CLOSED),
        ("Imefungwa kwa muda wa miezi miwili", FOR_A_TIME),
        ("Haifanyi kazi kwa sasa", CLOSED),
        ("Closed/Relocated", CLOSED),
        ("BLACKLISTED (2024)", CLOSED),
        ("Phased out in 2021", CLOSED),
        ("No longer taking clients since 2020", CLOSED),
        ("2 - Closed since 2019", CLOSED),
        ("Not in use (merged with Umoja)", CLOSED),
        ("Not in operation - moved to Kibera", CLOSED),
        ("Not operational at the moment", CLOSED),
        ("Not functional yet", CLOSED),
        ("Still closed", CLOSED),
        ("Merged with Umoja", CLOSED),
        ("Completed, not operational", CLOSED),
        ("Complete but not in use", CLOSED),
        ("Licensed - not operational", CLOSED),
        ("Status: closed", CLOSED),
        ("Clossed", CLOSED),
        ("Non-Operatinal", CLOSED),
        ("Imefugwa", CLOSED),
        ("Closed for renovation", FOR_A_TIME),
        ("(Closed since 2019)", CLOSED),
        ("[Merged with Umoja]", CLOSED),
        ("Haiko wazi tangu 2019", CLOSED),
        ("Kituo hakiko wazi", CLOSED),
        ("Closed until further notice", FOR_A_TIME),
        ("Temporarily closed (flooded)", FOR_A_TIME),
    ],
)
def test_a_status_that_says_closed_and_more_is_closed_and_told(
    landed: Landed, status: str, landing: dict[str, object]
) -> None:
    assert landed(operational_status=status) == landing | {"closed_in_words": f"operational_status: {status}"}


@pytest.mark.parametrize(
    "status",
    [
        *("Closed on Sundays", "Closed to walk-ins", "Closed, reopened 2021", "Not open to the public", "Not closed"),
        *("Operational (closed on weekends)", "Closed at night", "Closed/Open", "Closed 5pm", "No - problems"),
        *("Closed from March to May 2020", "Imefungwa: Jumapili", "Imefungwa kwa muda wa sikukuu"),
        *("Not in town since 2020", "Not in use on Sundays"),
        *("Open, under construction", "Operational but closed on Sundays", "Open but not licensed", "No, problems"),
        *("Now functioning well", "Now runing", "Operatonal", "Leased"),
        *("Burnt down in 2008, rebuilt 2009", "Facility was burnt down in 2008 and rebuilt"),
    ],
)
def test_hours_and_a_new_opening_close_nothing(landed: Landed, status: str) -> None:
    assert landed(operational_status=status) == {"status_unknown": f"operational_status: {status}"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Umoja Clinic (Haiko wazi)",
            "Umoja Clinic (CLOSED)",
            "Umoja Clinic - closed",
            "Umoja Clinic-closed",
            "Umoja Clinic closed",
        ),
        *("CLOSED - Umoja Clinic", "(Closed since 2019) Umoja Clinic", "Closed: Umoja Clinic"),
        *("Umoja Clinic (Imefungwa)", "Umoja Clinic - not in use"),
        *("Umoja Clinic [permanently closed]", "Umoja Clinic (Demolished)", "Umoja Clinic - inactive"),
        *("Umoja Clinic (does not exist)", "Umoja Clinic - no longer exists", "Umoja Clinic (Not existing)"),
        *("Umoja Clinic CLOSED DOWN", "Umoja Clinic/closed", "Umoja Clinic_closed", "Umoja Clinic Imefungwa"),
        *("Umoja Clinic Non-Functional", "Umoja Clinic not operational"),
        *("Umoja Clinic - Vacated", "Umoja Clinic (DORMANT)", "Umoja Clinic (wound up)"),
    ],
)
def test_a_name_that_says_closed_closes_and_loses_the_word_that_it_would_not_be_met_with(
    landed: Landed, name: str
) -> None:
    said = {"facility_name": "Umoja Clinic", "closed_in_words": f"facility_name: {name}"}
    assert landed(facility_name=name) == CLOSED | said


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Closed Prison Dispensary",
            "Umoja (closed on Sundays)",
            "Safe House (Not open to public)",
            "Kibera (Relocated)",
        ),
        *(
            "Marie Stopes - Planned Parenthood",
            "Umoja Clinic (Annex)",
            "Functional Rehab Centre",
            "Working Women - Kenya",
        ),
        *("Active Life Clinic", "Closed", "Clinic - No"),
    ],
)
def test_a_name_that_says_something_else_stays(landed: Landed, name: str) -> None:
    assert landed(facility_name=name) == {"facility_name": name}


def test_names_that_say_closed_and_names_that_only_sound_so_stand_in_one_batch(
    extracted: Callable[..., pl.DataFrame],
) -> None:
    names = ["Umoja (CLOSED)", "Closed Prison", "Makina - closed", None, "Active Life", "Umoja"] * 2
    normalised = normalise(extracted(*({"facility_name": name} for name in names)))
    assert (
        normalised["facility_name"].to_list() == ["Umoja", "Closed Prison", "Makina", None, "Active Life", "Umoja"] * 2
    )
    assert normalised["is_active"].to_list() == [False, None, False, None, None, None] * 2


@pytest.mark.parametrize(
    ("stated", "landing"),
    [
        (
            {"facility_name": "Umoja (CLOSED)", "operational_status": "Operational"},
            {
                "facility_name": "Umoja",
                "operational_status": "Operational",
                "is_active": False,
                "status_conflict": "operational_status: Operational",
                "closed_in_words": "facility_name: Umoja (CLOSED)",
            },
        ),
        (
            {"operational_status": "Gazetted", "description": "Closed in 2020, ask 0700000016"},
            CLOSED
            | {
                "description": "Closed in 2020, ask 0700000016",
                "status_unknown": "operational_status: Gazetted",
                "closed_in_words": "description: Closed in 2020, ask ***",
            },
        ),
        (
            {"description": "Kituo kimefungwa tangu 2024"},
            CLOSED
            | {
                "description": "Kituo kimefungwa tangu 2024",
                "closed_in_words": "description: Kituo kimefungwa tangu 2024",
            },
        ),
        ({"description": "Under construction: a ward"}, {"description": "Under construction: a ward"}),
        ({"description": "Closed on Sundays"}, {"description": "Closed on Sundays"}),
    ],
)
def test_one_statement_that_it_is_closed_outweighs_the_others(
    landed: Landed, stated: dict[str, str], landing: dict[str, object]
) -> None:
    assert landed(**stated) == landing


@pytest.mark.parametrize("status", ["Imefungwa kwa muda", "Kimefungwa kwa muda", "Imesimamishwa"])
def test_a_status_in_swahili_closes_for_a_time(landed: Landed, status: str) -> None:
    assert landed(operational_status=status) == FOR_A_TIME


@pytest.mark.parametrize(
    "status",
    [
        *("Inoperative", "Not operating", "Not yet operationalised", "Never opened", "Discontinued", "Decommissioned"),
        *("Burnt down", "Destroyed", "Ceased", "Deactivated", "Out of use", "Incomplete", "No services"),
        *("Stopped operating", "Stopped operations", "Does not operate", "Doesn't operate"),
    ],
)
def test_a_facility_that_does_not_work_is_closed_whatever_the_word(landed: Landed, status: str) -> None:
    assert landed(operational_status=status) == CLOSED


@pytest.mark.parametrize(
    "name", ["Kibera Home - Disabled", "Burn Unit - Umoja", "Umoja - Huduma Centre", "Wazee Clinic (Retired)"]
)
def test_a_word_for_closed_that_a_name_may_have_for_its_own_closes_nothing(landed: Landed, name: str) -> None:
    assert landed(facility_name=name) == {"facility_name": name}


@pytest.mark.parametrize(
    "status",
    [
        *("Haijafunguliwa", "Haitumiki", "Kimehamishwa", "Inajengwa"),
        *("Haipo", "Haitoi huduma", "Hakuna huduma", "Haijaanza kazi", "Imesitishwa"),
        *("Ilifungwa", "Kilifungwa", "Imehama"),
    ],
)
def test_a_status_in_swahili_closes(landed: Landed, status: str) -> None:
    assert landed(operational_status=status) == CLOSED


@pytest.mark.parametrize(
    "status",
    [
        *("Re-opened", "Reopened", "Open again", "Open 24/7", "Wazi", "Imefunguliwa tena"),
        *("Wamefungua", "Kimefungua", "Ilifungua"),  # one letter from Wamefunga, Kimefungwa, Ilifungwa
    ],
)
def test_a_facility_that_was_closed_is_open_again_where_its_status_says_so(landed: Landed, status: str) -> None:
    assert landed(operational_status=status) == {"operational_status": "Operational", "is_active": True}


@pytest.mark.parametrize(
    "day",
    [
        *("45658", "45658.0", "45658.75", "1767225600", "1767225600000", "1767225600.0"),
        *("/Date(1767225600000)/", "Date(2026,0,1)"),
    ],
)
def test_the_day_of_a_closing_may_be_a_number_of_a_spreadsheet_or_a_database(landed: Landed, day: str) -> None:
    assert landed(is_closed=day) == CLOSED


@pytest.mark.parametrize("number", ["2", "1195", "254700000016", "99999", "-1767225600"])
def test_another_number_is_the_day_of_no_closing(landed: Landed, number: str) -> None:
    assert landed(is_closed=number).keys() == {"status_unknown"}


@pytest.mark.parametrize(
    "said",
    [
        *("Yes (since 2019)", "Yes, permanently", "YES - 2019", "Closed since 2019", "Ndio", "\u2713", "Kimefungwa"),
        *("Ndiyo, tangu 2020", "Imefungwa tangu 2020"),
    ],
)
def test_a_flag_that_says_closed_and_more_closes(landed: Landed, said: str) -> None:
    assert landed(is_closed=said) == CLOSED


@pytest.mark.parametrize("said", ["Yes, on Sundays", "Closed at night", "Yes we are open", "No (2019)"])
def test_a_flag_that_says_something_else_closes_nothing(landed: Landed, said: str) -> None:
    assert landed(is_closed=said) == {"status_unknown": f"is_closed: {said}"}


@pytest.mark.parametrize("said", ["Hapana", "\u2717", "No (closed 2020)", "no - permanently closed"])
def test_a_flag_that_denies_that_a_facility_is_open_closes_it(landed: Landed, said: str) -> None:
    assert landed(is_active=said) == CLOSED


@pytest.mark.parametrize(
    ("status", "landing"),
    [
        ("1 - Operational", {"operational_status": "Operational", "is_active": True}),
        ("2 - Closed", CLOSED),
        ("3: Temporarily closed", FOR_A_TIME),
        ("No longer operating", CLOSED),
    ],
)
def test_the_number_of_an_answer_is_none_of_its_words(landed: Landed, status: str, landing: dict[str, object]) -> None:
    assert landed(operational_status=status) == landing


@pytest.mark.parametrize("status", ["draft", "Trash", "auto-draft", "pending", "Pending review", "unpublished"])
def test_what_its_authors_have_not_published_is_not_open(landed: Landed, status: str) -> None:
    assert landed(operational_status=status) == {"is_active": False, "status_unknown": f"operational_status: {status}"}


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("Licence suspended", "Temporarily Closed"),
        ("LICENSE SUSPENDED", "Temporarily Closed"),
        ("License revoked", "Non-Operational"),
        ("Revoked", "Non-Operational"),
        ("Licence withdrawn", "Non-Operational"),
        *((said, "Non-Operational") for said in ("CANCELLED", "License Cancelled", "Struck off", "Surrendered")),
    ],
)
def test_nobody_is_sent_to_a_facility_whose_licence_was_taken(landed: Landed, status: str, read: str) -> None:
    assert landed(operational_status=status) == {"operational_status": read, "is_active": False}


@pytest.mark.parametrize("remark", ["The home was closed in 2019", "Safe house closed", "Institution has been closed"])
def test_a_remark_may_name_what_is_closed(landed: Landed, remark: str) -> None:
    assert landed(description=remark) == CLOSED | {"description": remark, "closed_in_words": f"description: {remark}"}


@pytest.mark.parametrize(
    "remark",
    [
        *(
            "All children reintegrated; home closed",
            "Services stopped. Centre closed in 2021.",
            "Has since been closed",
        ),
        *("Facility has since closed", "No funding; the shelter has since closed down; children at Lindi"),
        *("Hakuna fedha; kituo kimefungwa", "Hakuna wafanyakazi. Nyumba imefungwa tangu 2020", "Raided. Home closed"),
    ],
)
def test_a_remark_may_say_why_before_it_says_that_the_whole_is_closed(landed: Landed, remark: str) -> None:
    assert landed(description=remark) == CLOSED | {"description": remark, "closed_in_words": f"description: {remark}"}


@pytest.mark.parametrize(
    "remark",
    [
        *("Use the side entrance; gate closed", "Maternity wing under repair; now closed", "Case heard; file closed"),
        *("Visits by arrangement; home closed to visitors", "Shelter for women; shelter closed to men"),
        *("Ring the bell; home closed at night", "Open daily; clinic closed on Sundays", "Offers PEP; clinic closed"),
        *("Home closed to visitors; home open", "During floods, clinic closed", "If you come late; home closed"),
        *("Survivor rescued; house burnt down", "Moved here; office closed", "Home has since closed the kitchen"),
        *(
            "Ada inalipwa; geti limefungwa",
            "Nearly there; home to be closed",
            "Was full; home was closed. Reopened 2022",
        ),
    ],
)
def test_a_remark_of_several_clauses_on_something_else_closes_nothing(landed: Landed, remark: str) -> None:
    assert landed(description=remark) == {"description": remark}


def test_a_remark_on_a_licence_closes_nothing(landed: Landed) -> None:
    assert landed(description="Licence suspended in 2019") == {"description": "Licence suspended in 2019"}
