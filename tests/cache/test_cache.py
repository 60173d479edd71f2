"""The cache against a real Redis, and without one."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
import redis

from gvrc.cache import Cache, fingerprint
from gvrc.log import start_logging, stop_logging
from gvrc.settings import read_settings

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

PLACE = '{"ward_no":7,"ward_match":"exact","ward_score":1.0,"ward_candidates":null}'


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    yield start_logging(read_settings(None, {"GVRC_LOGS_DIR": str(tmp_path)}, {}), "7", quiet=True)["etl"]
    stop_logging()


def events(log: Path) -> int:
    return len(log.read_text("utf-8").splitlines()) if log.exists() else 0


def test_what_one_machine_keeps_another_finds(redis_url: str) -> None:
    with Cache(redis_url, "a") as one, Cache(redis_url, "a") as other:
        assert other.get_many(["Nairobi|Westlands|Kitisuru"]) == {}
        one.set_many({"Nairobi|Westlands|Kitisuru": PLACE, "Mombasa||": "{}"})
        assert other.get_many(["Nairobi|Westlands|Kitisuru", "Mombasa||", "Nowhere"]) == {
            "Nairobi|Westlands|Kitisuru": PLACE,
            "Mombasa||": "{}",
        }


def test_another_fingerprint_finds_nothing(redis_url: str) -> None:
    with Cache(redis_url, "old") as old, Cache(redis_url, "new") as new:
        old.set_many({"x": PLACE})
        assert (new.get_many(["x"]), old.get_many(["x"])) == ({}, {"x": PLACE})


def test_a_snapshot_is_found_by_its_digest(redis_url: str) -> None:
    with Cache(redis_url, "one") as one, Cache(redis_url, "other") as other:
        one.set_reference("ab12", b"1,450 wards")
        assert (other.get_reference("ab12"), other.get_reference("cd34")) == (b"1,450 wards", None)


def test_more_places_than_one_command_takes(redis_url: str) -> None:
    answers = {f"place {number}": str(number) for number in range(12_345)}
    with Cache(redis_url, "many") as cache:
        cache.set_many(answers)
        assert cache.get_many([*answers, "absent"]) == answers


def test_no_name_is_readable_in_redis_and_everything_is_forgotten_in_time(redis_url: str) -> None:
    with Cache(redis_url, "secret") as cache, redis.Redis.from_url(redis_url) as client:
        cache.set_many({"KINANGO P/STN 0700000018 \ud800": PLACE})
        cache.set_reference("secret", b"1,450 wards")
        assert b"0700000018" not in b"".join(client.hkeys("gvrc:places:secret"))
        for key in ("gvrc:places:secret", "gvrc:reference:secret"):
            assert 0 < client.ttl(key) <= 30 * 86_400


def test_a_value_that_is_no_json_is_as_good_as_none(redis_url: str) -> None:
    with Cache(redis_url, "foreign") as cache, redis.Redis.from_url(redis_url) as client:
        cache.set_many({"x": PLACE, "y": PLACE})
        field = client.hkeys("gvrc:places:foreign")[0]
        client.hset("gvrc:places:foreign", field, b"\x80\x04K\x07.")
        assert len(cache.get_many(["x", "y"])) == 1


def test_a_redis_that_is_not_there_costs_one_warning(log: Path) -> None:
    begun = time.monotonic()
    with Cache("redis://:s3cret@127.0.0.1:1/0", "a") as cache:
        for _ in range(3):
            cache.set_many({"x": PLACE})
            assert cache.get_many(["x"]) == {}
    assert events(log) == 1
    assert "cache_given_up" in log.read_text("utf-8")
    assert "s3cret" not in log.read_text("utf-8")
    assert time.monotonic() - begun < 3


def test_a_redis_that_never_answers_costs_one_warning_and_a_second(log: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun = time.monotonic()
        with Cache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", "a") as cache:
            assert cache.get_many(["x"]) == {}
            cache.set_many({"x": PLACE})
        assert 0.5 < time.monotonic() - begun < 3
    assert events(log) == 1


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0?socket_timeout=soon", "redis://127.0.0.1:port/0"])
def test_an_url_that_redis_does_not_understand_costs_one_warning(log: Path, url: str) -> None:
    with Cache(url, "a") as cache:
        assert cache.get_many(["x"]) == {}
    assert events(log) == 1


def test_a_redis_that_dies_in_the_middle_costs_one_warning(
    log: Path, mortal_redis: tuple[str, subprocess.Popen[bytes]]
) -> None:
    url, server = mortal_redis
    with Cache(url, "a") as cache:
        cache.set_many({"x": PLACE})
        assert cache.get_many(["x"]) == {"x": PLACE}
        server.kill()
        server.wait()
        assert cache.get_many(["x"]) == {}
        cache.set_many({"x": PLACE})
    assert events(log) == 1


def test_a_fingerprint_changes_with_every_part_and_with_where_parts_end() -> None:
    known = fingerprint("reference", "aliases", "1")
    assert known == fingerprint(b"reference", "aliases", "1")
    others = [("reference", "aliases", "2"), ("referencea", "liases", "1"), ("reference", "aliases1"), ()]
    assert known not in {fingerprint(*parts) for parts in others}
