"""Settings: their order, their reference, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from gvrc.errors import UsageError
from gvrc.folders import make_directories
from gvrc.geography.thresholds import Thresholds
from gvrc.settings import DEFAULTS, KINDS, PLACE_KINDS, PROJECT, ConfigManager, read_settings

REFERENCE = PROJECT / "config" / "example.yaml"


def settings_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_reference_has_every_setting_with_its_default() -> None:
    documented = yaml.safe_load(REFERENCE.read_text("utf-8"))
    defaults = msgspec.to_builtins(DEFAULTS, enc_hook=str)
    assert documented == defaults


def test_the_reference_explains_every_setting_with_its_unit() -> None:
    units = {"megabytes": "megabyte", "kilometres": "kilometre", "days": "day", "hours": "hour", "seconds": "second"}
    units |= {"share": "share", "true or false": "true or false", "folder": "folder", "URL": "url"}
    lines = REFERENCE.read_text("utf-8").splitlines()
    for name, kind in (KINDS | PLACE_KINDS).items():
        line = next(number for number, line in enumerate(lines) if line.strip().startswith(f"{name}:"))
        comment = "\n".join(lines[max(0, line - 4) : line + 1]).lower()
        expected = kind.__metadata__[-1].description
        assert "# " in comment, name
        for word, shown in units.items():
            if word in expected:
                assert shown in comment, (name, word)


def test_the_places_are_the_thresholds_of_the_resolver() -> None:
    assert Thresholds(**msgspec.structs.asdict(DEFAULTS.places)) == Thresholds()


def test_the_reference_and_the_production_file_are_settings() -> None:
    assert read_settings(REFERENCE, {}, {}) == read_settings(None, {}, {})
    assert read_settings(PROJECT / "config" / "production.yaml", {}, {}).archive_processed is True


def test_options_win_over_the_environment_over_the_file_over_the_defaults(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "batch_size: 1\nmonitor_port: 1\nretry_attempts: 1\n")
    environment = {"GVRC_BATCH_SIZE": "2", "GVRC_MONITOR_PORT": "2"}
    settings = read_settings(path, environment, {"batch_size": 3, "monitor_port": None})
    assert (settings.batch_size, settings.monitor_port, settings.retry_attempts) == (3, 2, 1)
    assert settings.max_memory_mb == 512


def test_the_well_known_variables_are_read_and_an_empty_one_is_not_set() -> None:
    environment = {"DATABASE_URL": "postgresql://localhost/gvrc", "LOG_LEVEL": "debug", "REDIS_URL": "", "PATH": "/bin"}
    settings = read_settings(None, environment, {})
    assert (settings.database_url, settings.log_level, settings.redis_url) == (
        "postgresql://localhost/gvrc",
        "DEBUG",
        None,
    )


def test_a_setting_of_our_own_prefix_wins_over_the_well_known_variable() -> None:
    environment = {"GVRC_DATABASE_URL": "postgresql://b/b", "DATABASE_URL": "postgresql://a/a"}
    assert read_settings(None, environment, {}).database_url == "postgresql://b/b"


def test_the_environment_sets_places_yes_and_no_and_mappings() -> None:
    environment = {
        "GVRC_PLACES_WARD_MARGIN": "0.1",
        "GVRC_SALVAGE": "true",
        "GVRC_SOURCE_RANK": '{"facility_name": ["kmhfl"]}',
    }
    settings = read_settings(None, environment, {})
    assert (settings.places.ward_margin, settings.salvage) == (0.1, True)
    assert settings.source_rank == {"facility_name": ["kmhfl"]}


def test_a_relative_path_starts_at_the_project_in_a_file_and_at_the_current_folder_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = settings_file(tmp_path, "data_dir: there\n")
    settings = read_settings(path, {"GVRC_LOGS_DIR": "lines"}, {"metrics_file": Path("gvrc.prom")})
    assert settings.data_dir == PROJECT / "there"
    assert settings.reports_dir == PROJECT / "reports"
    assert settings.logs_dir == tmp_path / "lines"
    assert settings.metrics_file == tmp_path / "gvrc.prom"


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert read_settings(settings_file(tmp_path, "# nothing\n"), {}, {}) == read_settings(None, {}, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("salvage: true\nbatchsize: 3\n", 'line 2: there is no setting "batchsize"; did you mean "batch_size"?'),
        ("qwertyuiop: 3\n", 'line 1: there is no setting "qwertyuiop"; config/example.yaml lists them all.'),
        ("batch_size: many\n", "line 1: batch_size must be a whole number, 1 or more, not 'many'."),
        ("batch_size: 0\n", "line 1: batch_size must be a whole number, 1 or more, not 0."),
        ("batch_size: '5'\n", "line 1: batch_size must be a whole number, 1 or more, not '5'."),
        ("salvage: 1\n", "line 1: salvage must be true or false, not 1."),
        ("log_level: LOUD\n", "line 1: log_level must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not 'LOUD'."),
        ("log_rotation: big\n", "line 1: log_rotation must be a size such as \"50 MB\" (KB, MB or GB), not 'big'."),
        ("data_dir: ''\n", "line 1: data_dir must be the path of a folder, not ''."),
        ("data_dir: 5\n", "line 1: data_dir must be the path of a folder, not 5."),
        (
            "places:\n  ward_margin: 7\n",
            "line 2: places.ward_margin must be a share from 0 to 1, not 7.",
        ),
        (
            "places:\n  ward_margins: 7\n",
            'line 2: there is no setting "places.ward_margins"; did you mean "places.ward',
        ),
        ("places: 3\n", 'line 1: expected settings, one "name: value" a line.'),
        ("- salvage\n", 'line 1: expected settings, one "name: value" a line.'),
        ("salvage: true\nsalvage: false\n", 'line 2: "salvage" was already set in line 1; keep one.'),
        ("salvage: true\n  batch_size: 3\n", "line 2: this is not YAML: mapping values are not allowed here."),
        ("salvage: !!python/name:os.system x\n", "line 1: this is not YAML: could not determine a constructor"),
        (
            "salvage: true\nlookup_defaults:\n  owner_type: Unknown\n",
            "line 2: lookup_defaults must be a name for each of the lookup tables that need one (operational",
        ),
        ("batch_size: 2020-13-45\n", "line 1: batch_size: 2020-13-45 looks like a date and is none. Put"),
        ('data_dir: "a\\0b"\n', "line 1: data_dir must be the path of a folder, not 'a\\x00b'."),
        (
            "keep_changes_days: 10000000000\n",
            "line 1: keep_changes_days must be a whole number of days, 0 to 365000, not",
        ),
        (
            'actor: "a\\0b"\n',
            "line 1: actor must be a text without control characters, or null for none, not 'a\\x00b'.",
        ),
        ('actor: "\\udcff"\n', "line 1: actor must be a text without control characters"),
        ("lookup_defaults:\n  owner_types: ' '\n", "line 1: lookup_defaults must be a name for each of the lookup"),
        ("redis_url: http://x\n", "line 1: redis_url must be an URL such as redis://localhost:6379/0, or null"),
    ],
)
def test_a_wrong_setting_is_told_with_its_line_and_what_was_expected(tmp_path: Path, text: str, expected: str) -> None:
    path = settings_file(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        read_settings(path, {}, {})
    assert str(raised.value).startswith(f"{path}, {expected}")


@pytest.mark.parametrize("name", ["ward_aliases", "boundaries", "sources"])
def test_a_file_to_read_that_is_not_there_is_told_and_not_taken_for_an_empty_one(name: str) -> None:
    with pytest.raises(UsageError, match=f"GVRC_{name.upper()}: {name} names .*gone, which is no file"):
        read_settings(None, {f"GVRC_{name.upper()}": "gone"}, {})


@pytest.mark.parametrize("name", ["ward_aliases", "boundaries", "sources"])
def test_a_file_to_read_that_this_user_may_not_read_is_wrong_use_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "secret").write_text("", "utf-8")
    monkeypatch.setattr("gvrc.settings.os.access", lambda *_: False)  # root may read everything
    with pytest.raises(UsageError, match=f"{name} names .*secret, which this user may not read. Allow it"):
        read_settings(None, {f"GVRC_{name.upper()}": str(tmp_path / "secret")}, {})


def test_an_option_that_is_empty_is_a_mistake_and_not_the_default() -> None:
    with pytest.raises(UsageError, match="option --database-url: database_url must be an URL"):
        read_settings(None, {}, {"database_url": ""})


def test_a_wrong_variable_or_option_is_told_by_its_name() -> None:
    with pytest.raises(UsageError, match=r"^environment variable GVRC_BATCHSIZE: there is no setting"):
        read_settings(None, {"GVRC_BATCHSIZE": "3"}, {})
    with pytest.raises(UsageError, match=r"^environment variable LOG_LEVEL: log_level must be DEBUG"):
        read_settings(None, {"LOG_LEVEL": "loud"}, {})
    with pytest.raises(UsageError, match=r"^environment variable GVRC_SOURCE_RANK: expected JSON"):
        read_settings(None, {"GVRC_SOURCE_RANK": "kmhfl"}, {})
    with pytest.raises(UsageError, match=r"^option --monitor-port: monitor_port must be a port number"):
        read_settings(None, {}, {"monitor_port": 70000})


@pytest.mark.parametrize(
    "given", ["/srv/gvrc\r", '"/srv/gvrc"', "'/srv/gvrc'", "/srv/\ngvrc", "~nobody-of-this-name/gvrc"]
)
def test_what_a_file_of_variables_left_around_a_folder_makes_no_folder_of_that_name(given: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_settings(None, {"GVRC_DATA_DIR": given}, {})
    told = f"environment variable GVRC_DATA_DIR: data_dir must be the path of a folder, not {given!r}."
    assert str(raised.value) == told


def test_a_folder_with_a_blank_and_a_quotation_mark_in_its_name_is_one() -> None:
    assert read_settings(None, {"GVRC_DATA_DIR": "/srv/women's  data"}, {}).data_dir == Path("/srv/women's  data")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file or directory"):
        read_settings(tmp_path / "absent.yaml", {}, {})
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="it is not UTF-8 text"):
        read_settings(binary, {}, {})


def test_a_file_that_is_nested_without_end_is_a_wrong_file_and_no_fault_of_ours(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "lookup_defaults: " + "[" * 3_000 + "]" * 3_000)
    with pytest.raises(UsageError, match="is nested too deeply for settings"):
        read_settings(path, {}, {})
    with pytest.raises(UsageError, match="environment variable GVRC_SOURCE_RANK: expected JSON such as"):
        read_settings(None, {"GVRC_SOURCE_RANK": "[" * 100_000 + "]" * 100_000}, {})


def test_settings_never_show_a_password(tmp_path: Path) -> None:
    settings = read_settings(None, {"DATABASE_URL": "postgresql://gvrc:s3cret@localhost/gvrc"}, {})
    assert "s3cret" not in repr(settings)
    assert "postgresql://gvrc:***@localhost/gvrc" in repr(settings)
    with pytest.raises(UsageError) as raised:
        read_settings(settings_file(tmp_path, "redis_url: http://:s3cret@localhost/0\n"), {}, {})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "url", [":s3cret@localhost", "redis://:s3cret/@h", "redis://:s3cret h", "redis://:s3cret#@h", "redis://:s3cret"]
)
def test_a_redis_url_that_cannot_be_read_is_a_mistake_and_is_not_shown(url: str) -> None:
    with pytest.raises(UsageError, match="redis_url must be an URL such as redis://localhost:6379/0") as raised:
        read_settings(None, {"REDIS_URL": url}, {})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        *("redis://localhost", "redis://:p%2Fw@cache:6379/0", "rediss://me:pw@[::1]:6380?db=2", "redis://?db=1"),
        *("unix:///run/redis.sock?db=1", "unix://:pw@/run/redis.sock"),
    ],
)
def test_the_redis_urls_that_redis_takes_are_taken(url: str) -> None:
    assert read_settings(None, {"REDIS_URL": url}, {}).redis_url == url


def test_the_config_manager_gives_settings_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GVRC_BATCH_SIZE", "77")
    config = ConfigManager(settings_file(tmp_path, "places:\n  ward_margin: 0.2\n"))
    assert config.settings.batch_size == 77
    assert config.get("places.ward_margin") == 0.2
    assert config.get("redis_url", "none") == "none"
    assert config.get("no_such_setting", 5) == 5


def test_the_guides_folders_are_made_and_making_them_again_is_fine(tmp_path: Path) -> None:
    environment = {f"GVRC_{name}_DIR": str(tmp_path / name.lower()) for name in ("DATA", "LOGS", "REPORTS")}
    settings = read_settings(None, environment, {})
    make_directories(settings)
    make_directories(settings)
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")}
    guide = {"logs/etl", "logs/errors", "logs/processing", "data/raw", "data/processed", "data/validated"}
    assert made == guide | {"data/rejected", "reports/quality", "reports/statistics"}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file", "utf-8")
    settings = read_settings(None, {"GVRC_LOGS_DIR": str(tmp_path / "logs")}, {})
    with pytest.raises(UsageError, match="the folder cannot be made: Not a directory"):
        make_directories(settings)
