"""The settings of a run: defaults < file < environment < options. ``config/example.yaml`` is the reference.

``given_settings.py`` reads what was given, here it is checked and put together. Kept light on purpose: a wrong option
must be told before polars is imported.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from gvrc.errors import UsageError
from gvrc.given_settings import environment_settings, file_settings, option_settings
from gvrc.lazy import lazy_pattern
from gvrc.masking import mask_passwords
from gvrc.setting_types import (
    Age,
    CodeClaimedTwice,
    Count,
    Days,
    File,
    FileSize,
    Folder,
    Hours,
    Kilometres,
    Level,
    LookupDefaults,
    Megabytes,
    OptionalFile,
    Port,
    RedisUrl,
    Seconds,
    Share,
    SourceRank,
    Text,
    Url,
    YesNo,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gvrc.given_settings import Given


PROJECT = Path(__file__).resolve().parent.parent
LOOKUP_DEFAULTS = {"operational_statuses": "Unknown", "owner_types": "Unknown", "service_categories": "Other"}


class Places(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The resolver's ``Thresholds``, field by field: how alike two names must be, how far apart two points may lie."""

    county_similarity: Share = 0.88
    county_margin: Share = 0.05
    constituency_similarity: Share = 0.84
    constituency_margin: Share = 0.05
    ward_similarity: Share = 0.83
    ward_margin: Share = 0.06
    county_ward_similarity: Share = 0.88
    county_ward_margin: Share = 0.08
    look_alike: Share = 0.70
    near_km: Kilometres = 2.0
    farther_km: Kilometres = 5.0
    point_reach_km: Kilometres = 3.0
    far_km: Kilometres = 20.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting; ``config/example.yaml`` tells what each one does, with its unit."""

    database_url: Url = None
    actor: Text = None
    create_actor: YesNo = False
    create_lookups: YesNo = True
    lookup_defaults: LookupDefaults = msgspec.field(default_factory=lambda: dict(LOOKUP_DEFAULTS))

    batch_size: Count = 8_000
    max_memory_mb: Megabytes = 512
    max_reject_ratio: Share = 0.5
    salvage: YesNo = False
    keep_manual_edits: YesNo = True
    code_claimed_twice: CodeClaimedTwice = "generate"
    source_rank: SourceRank = msgspec.field(default_factory=dict)
    keep_changes_days: Days = 365

    places: Places = Places()
    ward_aliases: File = Path("config/ward_aliases.csv")
    boundaries: OptionalFile = None
    sources: File = Path("config/sources.yaml")

    data_dir: Folder = Path("data")
    archive_processed: YesNo = False
    keep_validated: YesNo = False
    reports_dir: Folder = Path("reports")

    logs_dir: Folder = Path("logs")
    log_level: Level = "INFO"
    log_rotation: FileSize = "50 MB"
    log_retention: Age = "30 days"

    monitor_address: Annotated[str, msgspec.Meta(min_length=1, description="an address such as 127.0.0.1")] = (
        "127.0.0.1"
    )
    monitor_port: Port = 8080
    metrics_file: OptionalFile = None
    min_free_disk_mb: Annotated[int, msgspec.Meta(ge=0, description="a whole number of megabytes, 0 or more")] = 1024
    max_run_age_hours: Hours = 1080.0

    redis_url: RedisUrl = None

    retry_attempts: Count = 5
    retry_wait_seconds: Seconds = 0.2
    breaker_failures: Count = 3
    breaker_wait_seconds: Seconds = 30.0
    lock_wait_seconds: Seconds = 10.0

    def __repr__(self) -> str:
        """Show what differs from the defaults, and no password."""
        fields = ((field, getattr(self, field)) for field in self.__struct_fields__)
        differing = (
            f"{field}={mask_passwords(repr(value))}" for field, value in fields if value != getattr(DEFAULTS, field)
        )
        return f"Settings({', '.join(differing)})"


DEFAULTS = Settings()
READ_FILES = ("ward_aliases", "boundaries", "sources")
PLACE_KINDS = {field.name: field.type for field in msgspec.structs.fields(Places)}
KINDS = {field.name: field.type for field in msgspec.structs.fields(Settings) if field.name != "places"}
NO_PATH = lazy_pattern(r"""[\x00-\x1f]|^(["']).*\1$""")


class ConfigManager:
    """The guide's face of the settings: ``ConfigManager("config/production.yaml").settings``."""

    def __init__(self, config_path: str | Path | None = None) -> None:
        """Read the file (where one is given) and the environment of this process."""
        self.settings = read_settings(None if config_path is None else Path(config_path), os.environ, {})

    def get(self, key: str, default: object = None) -> Any:  # noqa: ANN401 - a setting of any type
        """Give one setting by its name, ``places.ward_margin`` for a nested one, or the default where it is unset."""
        value: object = self.settings
        for part in key.split("."):
            value = getattr(value, part, None)
        return default if value is None else value


def read_settings(path: Path | None, environment: Mapping[str, str], options: Mapping[str, object]) -> Settings:
    """Put the settings together: defaults < file < environment < options.

    ``options`` are a command's own, by the setting's name; those that are None were not given. A relative path of the
    defaults and of the file starts at the project's folder, whatever folder cron starts in; one of the environment or
    of an option starts at the current folder, as a shell's user expects.

    Raises:
        UsageError: a setting that does not exist or has an unfit value, with its line and what was expected.
    """
    given = [
        *(file_settings(path) if path else ()),
        *environment_settings(environment),
        *option_settings(options),
    ]
    values: dict[str, Any] = {}
    places: dict[str, Any] = {}
    for setting in given:
        (places if setting.is_place else values)[setting.name] = check_setting(setting)
    defaults = {name: PROJECT / default for name, default in default_paths()}
    return Settings(**(defaults | values | {"places": Places(**places)}))


def default_paths() -> Iterator[tuple[str, Path]]:
    """Name the settings that are a path by default."""
    for name in Settings.__struct_fields__:
        if isinstance(default := getattr(DEFAULTS, name), Path):
            yield name, default


def check_setting(given: Given) -> object:
    """Bring what was given into the setting's type."""
    kind = find_kind(given)
    value = given.value.upper() if given.name == "log_level" and isinstance(given.value, str) else given.value
    try:
        converted = msgspec.convert(value, kind, strict=not given.is_text, dec_hook=to_path)
    except msgspec.ValidationError as error:
        expected = kind.__metadata__[-1].description
        # A URL that is none may hold a password anywhere.
        shown = "" if given.name.endswith("_url") else f", not {mask_passwords(repr(given.value))}"
        raise UsageError(f"{given.where}: {given.shown_name} must be {expected}{shown}.") from error
    return check_path(given, (given.start or PROJECT) / converted) if isinstance(converted, Path) else converted


def find_kind(given: Given) -> Any:  # noqa: ANN401 - an annotated type, which has no type of its own
    """Find the setting's type."""
    kinds = PLACE_KINDS if given.is_place else KINDS
    if given.name in kinds:
        return kinds[given.name]
    import difflib

    known = [*KINDS, *(f"places.{name}" for name in PLACE_KINDS)]
    alike = difflib.get_close_matches(given.shown_name, known, n=1, cutoff=0.6)
    advice = f'did you mean "{alike[0]}"?' if alike else "config/example.yaml lists them all."
    raise UsageError(f'{given.where}: there is no setting "{given.shown_name}"; {advice}')


def to_path(kind: type, value: object) -> object:
    """Make a path of a text (msgspec knows no paths); quotes and line ends around it are not of its name."""
    if kind is Path and isinstance(value, (str, Path)) and value != "" and not NO_PATH.search(str(value)):
        with suppress(RuntimeError):  # ~somebody whom this machine does not know
            return Path(value).expanduser()
    raise ValueError


def check_path(given: Given, path: Path) -> Path:
    """Give a path; a file to be read that somebody named must be there, else its aliases would silently be none."""
    if given.name not in READ_FILES:
        return path
    named = f"{given.where}: {given.shown_name} names {path}"
    if not path.is_file():
        raise UsageError(f"{named}, which is no file. Correct it, or leave it out.")
    if not os.access(path, os.R_OK):
        raise UsageError(f"{named}, which this user may not read. Allow it, or leave it out.")
    return path
