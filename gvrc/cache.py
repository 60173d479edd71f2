"""Resolved places and the reference, shared between machines through Redis. Optional: it may fail at any moment.

Nothing personal is stored: the keys are hashes of names of places, the values what the reference says about them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Self

import msgspec

from gvrc.log import log_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import redis

KEPT_SECONDS = 30 * 86_400  # what no run asked for in a month belongs to an old reference
PATIENCE = 1.0  # seconds for one answer: a slow cache is worse than none
AT_ONCE = 5_000  # fields of one command, about a megabyte


def fingerprint(*parts: str | bytes) -> str:
    """Give one short text for everything that an answer depends on: reference, aliases, resolver version.

    Any change of a part changes it, and so does moving text from one part to the next.
    """
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()[:32]


class Cache:
    """Answers kept under one fingerprint, those of another are never seen; and snapshots of the reference.

    From the first failure on, which costs one warning and at most ``PATIENCE`` seconds, nothing is found or kept.
    """

    def __init__(self, url: str, fingerprint: str) -> None:
        self.places = f"gvrc:places:{fingerprint}"
        self.redis = self.connect(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go."""
        if self.redis is not None:
            self.redis.close()
            self.redis = None

    def get_many(self, keys: Iterable[str]) -> dict[str, str]:
        """Give the answers that are kept, JSON text by key (any text, such as a place's names)."""
        found: dict[str, str] = {}
        asked = list(keys)
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            values = self.ask("hmget", self.places, [short(key) for key in some]) or []
            found |= {
                key: value for key, text in zip(some, values, strict=False) if (value := readable(text)) is not None
            }
        return found

    def set_many(self, answers: Mapping[str, str]) -> None:
        """Keep answers, each JSON text."""
        fields = [(short(key), value) for key, value in answers.items()]
        for start in range(0, len(fields), AT_ONCE):
            self.ask("hset", self.places, mapping=dict(fields[start : start + AT_ONCE]))
        if fields:
            self.ask("expire", self.places, KEPT_SECONDS)

    def get_reference(self, digest: str) -> bytes | None:
        """Give the snapshot of the reference that has this digest, or None."""
        kept = self.ask("get", f"gvrc:reference:{digest}")
        return kept if isinstance(kept, bytes) else None

    def set_reference(self, digest: str, snapshot: bytes) -> None:
        """Keep a snapshot of the reference."""
        self.ask("set", f"gvrc:reference:{digest}", snapshot, ex=KEPT_SECONDS)

    def connect(self, url: str) -> redis.Redis | None:
        """Make the client; it connects with the first command. No second try: the run has its own way without."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        try:
            return redis.Redis.from_url(
                url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
            )
        except (redis.RedisError, ValueError) as error:
            self.give_up(error)
            return None

    def ask(self, command: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Redis' commands are
        """Send one command; None when there is no answer."""
        if self.redis is None:
            return None
        import redis

        try:
            return getattr(self.redis, command)(*arguments, **options)
        except (redis.RedisError, OSError) as error:
            self.give_up(error)
            return None

    def give_up(self, error: Exception) -> None:
        """Go on without a cache."""
        log_event("cache_given_up", "WARNING", error=error, hint="the run goes on without it; see redis_url")
        self.redis = None


def short(key: str) -> bytes:
    """Give the field name of a key: 16 bytes however long the key is, and no word of it readable."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def readable(text: bytes | None) -> str | None:
    """Read a kept answer; what something else wrote there is as good as nothing."""
    if text is None:
        return None
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return text.decode()
