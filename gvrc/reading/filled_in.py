"""What the sheet of a form tells of who filled it in: their address and number are none of the facility's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gvrc.meaning.paths import normal_key
from gvrc.rejects import HEADER_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

# How the sheet of a Google form begins: when it was filled in, and by whom.
GOOGLE: Final = ["timestamp", "emailaddress"]
# Microsoft's begins so behind a number: further questions with these titles would be called Email2 and Name2.
MICROSOFT: Final = ["starttime", "completiontime", "email", "name"]
# The telephone on which a form of KoBo or ODK was filled in, beside which SIM was in it: a question that was called
# phone_number by its author is another one.
SIMS: Final = frozenset(("simserial", "subscriberid"))
TELEPHONE: Final = "phonenumber"


def keys_of_respondent(keys: Sequence[str]) -> set[str]:
    """Give those of the keys of records under which a form tells who filled it in.

    >>> sorted(keys_of_respondent(["ID", "Start time", "Completion time", "Email", "Name", "Facility Name"]))
    ['Email', 'Name']
    >>> keys_of_respondent(["simserial", "phonenumber", "phone_number"]), keys_of_respondent(["phonenumber"])
    ({'phonenumber'}, set())
    """
    columns = [key for key in keys if key != HEADER_KEY]
    words = [normal_key(key) for key in columns]
    if words[:2] == GOOGLE:
        return {columns[1]}
    if MICROSOFT in (words[:4], words[1:5]):
        return {columns[at] for at, word in enumerate(words[:5]) if word in MICROSOFT[2:]}
    return {TELEPHONE} & set(columns) if not SIMS.isdisjoint(words) else set()
