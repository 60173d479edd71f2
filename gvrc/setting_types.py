"""The types of settings. The description of each says what is expected, in the words of an error message."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from gvrc.values.storable import STORABLE

# Python's reader of URLs takes S3cret of "redis://:S3cret/Pw@host" for a port, and tells so.
REDIS_URL = r"^(unix://\S*|rediss?://([^\s/?#@]*@)?(\[[^\]\s]*\]|[^\s/?#@:\[\]]*)(:\d*)?([/?][^\s@]*)?)$"

# A name of blanks would be made, and shown, as one; an empty one is none.
NAME = r"^$|\S"

Text = Annotated[
    Annotated[str, msgspec.Meta(pattern=STORABLE)] | None,
    msgspec.Meta(description="a text without control characters, or null for none"),
]
Url = Annotated[
    Annotated[str, msgspec.Meta(min_length=1)] | None,
    msgspec.Meta(description="an URL such as postgresql://user@host:5432/name, or null"),
]
RedisUrl = Annotated[
    Annotated[str, msgspec.Meta(pattern=REDIS_URL)] | None,
    msgspec.Meta(
        description="an URL such as redis://localhost:6379/0, or null for no cache; special characters of a password "
        "percent-encoded (/ as %2F, @ as %40)"
    ),
]
YesNo = Annotated[bool, msgspec.Meta(description="true or false")]
Count = Annotated[int, msgspec.Meta(ge=1, description="a whole number, 1 or more")]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535, description="a port number, 0 (any free one) to 65535")]
Megabytes = Annotated[int, msgspec.Meta(ge=64, description="a whole number of megabytes, 64 or more")]
Share = Annotated[float, msgspec.Meta(ge=0, le=1, description="a share from 0 to 1")]
Seconds = Annotated[float, msgspec.Meta(ge=0, description="a number of seconds, 0 or more")]
Hours = Annotated[float, msgspec.Meta(gt=0, description="a number of hours, more than 0")]
# A thousand years: PostgreSQL has no date that lies much farther back.
Days = Annotated[int, msgspec.Meta(ge=0, le=365_000, description="a whole number of days, 0 to 365000")]
Kilometres = Annotated[float, msgspec.Meta(ge=0, description="a number of kilometres, 0 or more")]
Folder = Annotated[Path, msgspec.Meta(description="the path of a folder")]
File = Annotated[Path, msgspec.Meta(description="the path of a file")]
OptionalFile = Annotated[Path | None, msgspec.Meta(description="the path of a file, or null for none")]
Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    msgspec.Meta(description="DEBUG, INFO, WARNING, ERROR or CRITICAL"),
]
FileSize = Annotated[
    str, msgspec.Meta(pattern=r"^\d+(\.\d+)? (KB|MB|GB)$", description='a size such as "50 MB" (KB, MB or GB)')
]
Age = Annotated[
    str, msgspec.Meta(pattern=r"^\d+ (day|week|month)s?$", description='an age such as "30 days" (days, weeks, months)')
]
CodeClaimedTwice = Annotated[Literal["generate", "reject"], msgspec.Meta(description="generate or reject")]
RankedField = Literal[
    "facility_name",
    "facility_code",
    "registration_number",
    "operational_status",
    "ward_name",
    "is_active",
    "address",
    "description",
    "website_url",
    "facility_type",
    "coordinates",
]
SourceRank = Annotated[
    dict[RankedField, list[str]],
    msgspec.Meta(
        description="a list of sources, the most trusted first, for each field (config/example.yaml names the fields)"
    ),
]
LOOKUP_TABLES = (
    "operational_statuses",
    "contact_types",
    "service_categories",
    "owner_types",
    "gbv_categories",
    "infrastructure_types",
    "condition_statuses",
)
LookupTable = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(LOOKUP_TABLES)})$")]
LookupDefaults = Annotated[
    dict[LookupTable, Annotated[str, msgspec.Meta(pattern=NAME)]],
    msgspec.Meta(description=f"a name for each of the lookup tables that need one ({', '.join(LOOKUP_TABLES)})"),
]
