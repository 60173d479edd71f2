"""Databases remember the hash of each migration that they have had, and refuse a version that has it otherwise."""

from __future__ import annotations

from pathlib import Path

from gvrc.migrations import wanted_migrations

RELEASED = Path(__file__).with_name("released_migrations.txt")  # as sha256sum writes it; a new one is added there


def test_a_migration_that_databases_have_had_is_never_changed_not_even_in_a_comment() -> None:
    released = (line.split() for line in RELEASED.read_text("utf-8").splitlines())
    assert wanted_migrations(is_managed=False) == {name: sha256 for sha256, name in released}
