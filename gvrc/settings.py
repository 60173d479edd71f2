"""The settings of a run: defaults < file < environment < options. ``config/example.yaml`` is the reference.

Kept light on purpose: a wrong option must be told before polars is imported.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec

from gvrc.errors import UsageError
from gvrc.masking import mask_passwords
from gvrc.values.storable import STORABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).resolve().parent.parent

# Python's reader of URLs takes S3cret of "redis://:S3cret/Pw@host" for a port, and tells so.
REDIS_URL = r"^(unix://\S*|rediss?://([^\s/?#@]*@)?(\[[^\]\s]*\]|[^\s/?#@:\[\]]*)(:\d*)?([/?][^\s@]*)?)$"

# A name of blanks would be made, and shown, as one; an empty one is none.
NAME = r"^$|\S"

# The description says what is expected, in the words of the error message.
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
LOG_FOLDERS = ("etl", "errors", "processing")
READ_FILES = ("ward_aliases", "boundaries", "sources")


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
        value = setting.checked()
        (places if setting.is_place else values)[setting.name] = value
    defaults = {name: PROJECT / default for name, default in default_paths()}
    return Settings(**(defaults | values | {"places": Places(**places)}))


def default_paths() -> Iterator[tuple[str, Path]]:
    """Name the settings that are a path by default."""
    for name in Settings.__struct_fields__:
        if isinstance(default := getattr(DEFAULTS, name), Path):
            yield name, default


class Given(NamedTuple):
    """One setting as somebody gave it, and where."""

    name: str
    value: object
    where: str  # the beginning of an error message: file and line, variable, option
    is_place: bool = False  # one of the ``places:`` section
    is_text: bool = False  # from the environment, where everything is text
    start: Path = PROJECT  # where a relative path starts

    @property
    def shown_name(self) -> str:
        """Name the setting as the file does."""
        return f"places.{self.name}" if self.is_place else self.name

    def checked(self) -> object:
        """Bring the value into the setting's type."""
        kind = self.kind()
        value = self.value
        if self.name == "log_level" and isinstance(value, str):
            value = value.upper()
        try:
            converted = msgspec.convert(value, kind, strict=not self.is_text, dec_hook=to_path)
        except msgspec.ValidationError as error:
            expected = kind.__metadata__[-1].description
            # A URL that is none may hold a password anywhere.
            given = "" if self.name.endswith("_url") else f", not {mask_passwords(repr(self.value))}"
            raise UsageError(f"{self.where}: {self.shown_name} must be {expected}{given}.") from error
        return self.found(self.start / converted) if isinstance(converted, Path) else converted

    def found(self, path: Path) -> Path:
        """Give a path; a file to be read that somebody named must be there, else its aliases would silently be none."""
        if self.name not in READ_FILES:
            return path
        named = f"{self.where}: {self.shown_name} names {path}"
        if not path.is_file():
            raise UsageError(f"{named}, which is no file. Correct it, or leave it out.")
        if not os.access(path, os.R_OK):
            raise UsageError(f"{named}, which this user may not read. Allow it, or leave it out.")
        return path

    def kind(self) -> Any:  # noqa: ANN401 - an annotated type, which has no type of its own
        """Find the setting's type."""
        kinds = PLACE_KINDS if self.is_place else KINDS
        if self.name in kinds:
            return kinds[self.name]
        import difflib

        known = [*KINDS, *(f"places.{name}" for name in PLACE_KINDS)]
        alike = difflib.get_close_matches(self.shown_name, known, n=1, cutoff=0.6)
        advice = f'did you mean "{alike[0]}"?' if alike else "config/example.yaml lists them all."
        raise UsageError(f'{self.where}: there is no setting "{self.shown_name}"; {advice}')


PLACE_KINDS = {field.name: field.type for field in msgspec.structs.fields(Places)}
KINDS = {field.name: field.type for field in msgspec.structs.fields(Settings) if field.name != "places"}


NO_PATH = re.compile(r"""[\x00-\x1f]|^(["']).*\1$""")


def to_path(kind: type, value: object) -> object:
    """Make a path of a text (msgspec knows no paths); quotes and line ends around it are not of its name."""
    if kind is Path and isinstance(value, (str, Path)) and value != "" and not NO_PATH.search(str(value)):
        with suppress(RuntimeError):  # ~somebody whom this machine does not know
            return Path(value).expanduser()
    raise ValueError


def file_settings(path: Path) -> list[Given]:
    """Read the settings of a YAML file, each with its line."""
    import yaml

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{path}: the settings cannot be read: {reason}. Give a YAML file, or none.") from error
    loader = yaml.SafeLoader(text)
    try:
        document = loader.get_single_node()
        return [] if document is None else list(node_settings(path, loader, document, is_place=False))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}, line {line}: this is not YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: this is not YAML: {error}.") from error
    except RecursionError as error:
        raise UsageError(f"{path}: is nested too deeply for settings. Mend it, or give another file.") from error


def node_settings(path: Path, loader: Any, mapping: Any, *, is_place: bool) -> Iterator[Given]:  # noqa: ANN401 - yaml's nodes are untyped
    """Give the settings of one YAML mapping; the keys of ``places:`` stand in a mapping of their own."""
    if mapping.id != "mapping":
        line = mapping.start_mark.line + 1
        raise UsageError(f'{path}, line {line}: expected settings, one "name: value" a line.')
    lines: dict[str, int] = {}
    for key, value in mapping.value:
        name, line = str(key.value), key.start_mark.line + 1
        where = f"{path}, line {line}"
        if name in lines:
            raise UsageError(f'{where}: "{name}" was already set in line {lines[name]}; keep one.')
        lines[name] = line
        if name == "places" and not is_place:
            yield from node_settings(path, loader, value, is_place=True)
        else:
            yield Given(name, constructed(loader, value, f"{where}: {name}"), where, is_place)


def constructed(loader: Any, node: Any, where: str) -> object:  # noqa: ANN401 - yaml's nodes are untyped
    """Give the value of a YAML node; what looks like a date and is none is refused by Python, not by yaml."""
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:
        raise UsageError(f"{where}: {node.value} looks like a date and is none. Put a text between quotes.") from error


def environment_settings(environment: Mapping[str, str]) -> Iterator[Given]:
    """Give the settings of the environment: DATABASE_URL, LOG_LEVEL, REDIS_URL and GVRC_<SETTING>; "" is not set.

    GVRC_TEST_... are those of the test suite.
    """
    for variable in ("DATABASE_URL", "LOG_LEVEL", "REDIS_URL"):
        if value := environment.get(variable):
            yield environment_setting(variable, variable.lower(), value)
    for variable, value in environment.items():
        if variable.startswith("GVRC_") and not variable.startswith("GVRC_TEST_") and value:
            yield environment_setting(variable, variable.removeprefix("GVRC_").lower(), value)


def environment_setting(variable: str, name: str, value: str) -> Given:
    """Give one variable's setting; GVRC_PLACES_WARD_MARGIN is ``places.ward_margin``, a mapping is JSON."""
    is_place = name.startswith("places_")
    name = name.removeprefix("places_")
    where = f"environment variable {variable}"
    parsed: object = value
    if not is_place and name in ("source_rank", "lookup_defaults"):
        try:
            parsed = msgspec.json.decode(value)
        except msgspec.DecodeError as error:
            raise UsageError(f'{where}: expected JSON such as {{"name": "value"}}: {error}.') from error
    return Given(name, parsed, where, is_place, is_text=True, start=Path.cwd())


def option_settings(options: Mapping[str, object]) -> Iterator[Given]:
    """Give the options that were given."""
    for name, value in options.items():
        if value is not None:
            yield Given(name, value, f"option --{name.replace('_', '-')}", is_text=True, start=Path.cwd())


def make_directories(settings: Settings) -> None:
    """Make the folders that the guide names, where they are not there yet.

    Raises:
        UsageError: a folder cannot be made (no permission, or a file has its name), or not be written to.
    """
    folders = (
        *(settings.logs_dir / name for name in LOG_FOLDERS),
        *(settings.data_dir / name for name in ("raw", "processed", "validated", "rejected")),
        *(settings.reports_dir / name for name in ("quality", "statistics")),
    )
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: the folder cannot be made: {error.strerror}. {LET_WRITE}") from error
    for folder in written_folders(settings):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"{folder}: this user may not write to the folder. {LET_WRITE}")


LET_WRITE = "Allow this user to write there, or set data_dir, logs_dir and reports_dir."


def written_folders(settings: Settings) -> list[Path]:
    """Name the folders that an import with these settings writes to; a file that is moved leaves its own."""
    data = ["rejected"]
    data += ["raw", "processed"] if settings.archive_processed else []
    data += ["validated"] if settings.keep_validated else []
    return [settings.logs_dir / name for name in LOG_FOLDERS] + [settings.data_dir / name for name in data]
