"""Which keys are about a person or their case: what stands under them is shown in no report, log or error."""

from __future__ import annotations

import re
from functools import lru_cache

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import (
    KEY_WORDS,
    PARENT_CLOSED,
    PARENT_CONSTITUENCY,
    PARENT_COUNTY,
    PARENT_GROUP,
    PARENT_SUB_COUNTY,
    PARENT_WARD,
)
from gvrc.meaning.vocabulary import list_words

# Parts of long words, for keys that are written without separators: "supervisorname", "dateofbirth".
PERSON_STEMS = lazy_pattern(
    r"person|officer|incharge|contact|manager|staff|director|user|createdby|updatedby|firstname|lastname|middlename"
    r"|othername|givenname|familyname|maidenname|nickname|surname|fullname|mail|phone|mobile|matron|patron|commander"
    r"|author(?!i)|responsib|coordinator|whatsapp|guardian|spouse|respondent|interview|enumerator|submitt|nurse(?!r)|doctor"
    r"|chief|focal|passport|perpetrator|supervis|counsell?or|socialworker|caseworker|healthworker|nextofkin|proprietor"
    r"|witness|complain|collector|advocate|clinician|magistrate|suspect|accused|offender|defendant"
    r"|plaintiff|caller|beneficiar|caretaker|caregiver|lawyer|attorney|prosecutor|paralegal|psycholog|psychiatrist"
    r"|therapist|physician|surgeon|midwife|pharmacist|practitioner|consultant|volunteer|promoter|secretary|treasurer"
    r"|president|pastor|informant|assailant|attacker|abuser|rapist|defiler|culprit|deceased|applicant|signator|signature"
    r"|investigat|testimon|narrative|diagnos|symptom|injur|pregnan|marital|religion|ethnic|nationality|occupation"
    r"|headof|headteacher|telno|telnumber|mother|father|brother|sister|husband|daughter|employee|teacher"
    r"|idno|idnum|idcard|pinno|pinnum|obno|obnum"
    r"|(?:national|alien|military|client|patient|survivor|victim|huduma|birth)(?:id|no|number)"
    r"|case(?:no|num|id|ref|note|detail|file|histor|descr|summar|name)|fileno|filenum|medicalrecord"
    r"|(?<!near)(?<!stand)by$"
)
# Whole words, because they are parts of many others ("age" of "village"). Those from "mtu" on are Swahili.
PERSON_WORDS = list_words("person_words") | {
    "raw",  # gvrc/rejects.py writes a record under it that was no object, whatever that said
}
# Of a person, or of what a facility does for people: "survivor_name" and "survivor_beds".
TOPIC_STEMS = lazy_pattern(
    r"survivor|victim|patient|client|child|gender|birth|report|disabilit|incident|assault|abuse|trauma|defile|allegation"
)
TOPIC_WORDS = list_words("topic_words")
FACILITY_WORDS = list_words("facility_words")
# What a record takes from around it: places, a kind of facility.
OURS = frozenset((PARENT_COUNTY, PARENT_CONSTITUENCY, PARENT_SUB_COUNTY, PARENT_WARD, PARENT_GROUP, PARENT_CLOSED))


@lru_cache(maxsize=20_000)
def is_personal(key: str) -> bool:
    """Say whether a key, or one that it stands in (``survivor.age``), is about a person or their case."""
    return any(map(_is_personal_part, re.split(r"[./]", key)))


def _is_personal_part(part: str) -> bool:
    if part in OURS:
        return False
    words = words_of(part)
    whole = "".join(filter(str.isalnum, part)).lower()
    if PERSON_STEMS.search(whole) or not PERSON_WORDS.isdisjoint(words):
        return True
    is_topic = TOPIC_STEMS.search(whole) is not None or not TOPIC_WORDS.isdisjoint(words)
    return is_topic and FACILITY_WORDS.isdisjoint(words)


def words_of(key: str) -> set[str]:
    """Give the words of a key in snake or camel case, in lower case, with and without the s of a plural."""
    words = {word.lower() for word in KEY_WORDS.findall(key)}
    return words | {word.removesuffix("s") for word in words}
