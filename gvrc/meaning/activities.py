"""Rows of the humanitarian clusters' lists of who does what where: they count what an organisation has done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import is_absent, normal_key, unwrapped

if TYPE_CHECKING:
    from gvrc.meaning.meanings import Keys

ACTIVITIES: Final = frozenset(("activity", "activityname", "activitytype", "activitydescription", "subactivity"))
RESULTS: Final = frozenset(
    (
        *("indicator", "indicatorname", "reached", "peoplereached", "totalreached", "individualsreached", "achieved"),
        *("beneficiariesreached", "target", "targeted", "peopletargeted"),
    )
)
BEGINNINGS: Final = frozenset(("startdate", "start", "activitystartdate", "activitystart", "datestarted"))
ENDS: Final = frozenset(("enddate", "end", "activityenddate", "activityend", "dateended"))
PERIODS: Final = frozenset(("reportingmonth", "reportingperiod", "monthreported", "month", "period", "quarter"))
FACILITIES: Final = lazy_pattern(
    r"facilit|hospital|clinic|dispensar|cent(?:re|er)|shelter|safe_?house|station|site|kituo"
)
# Who can be called, found or is known by a number is in a directory, whatever else the row says.
IN_A_DIRECTORY: Final = frozenset(
    ("contacts", "facility_code", "registration_number", "latitude", "coordinates", "geometry")
)


def is_activity(record: dict[str, Any], keys: Keys) -> bool:
    """Say whether a record counts what an organisation has done in a time, and tells nothing of its place.

    Its status is the activity's: "Closed" would close the organisation.
    """
    told = {normal_key(key): value for key, value in unwrapped(record) if not is_absent(value)}
    is_dated = not PERIODS.isdisjoint(told) or not (BEGINNINGS.isdisjoint(told) or ENDS.isdisjoint(told))
    return (
        is_dated
        and not (ACTIVITIES.isdisjoint(told) or RESULTS.isdisjoint(told))
        and IN_A_DIRECTORY.isdisjoint(keys.fields_in(record))
        and not any(map(FACILITIES.search, told))
    )
