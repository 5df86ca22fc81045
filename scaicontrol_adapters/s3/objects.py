"""An object store in an S3 bucket, written once per key without trusting the server to see to it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum, auto
from typing import Any, Self, TypeVar

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from attrs import define, field, frozen
from attrs.converters import optional
from botocore.exceptions import BotoCoreError, ClientError

from scaicontrol_adapters.s3.keys import REFUSED, KeyProvider, Keys
from scaicontrol_adapters.secret_sources import SecretSource, as_source
from scaicontrol_core.documents.errors import ObjectAltered, ObjectConflict, ObjectNotFound, ObjectStoreUnavailable
from scaicontrol_core.documents.object_keys import require_object_key
from scaicontrol_core.kernel.secrets import SecretsUnavailable

T = TypeVar("T")

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_TAKEN = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict"})
#: Seconds between looks. Some servers (rclone) replace a file in place: while a second writer of the
#: same document is at it, the object is absent or half there for a moment.
_PATIENCE = (0.05, 0.2, 0.8, 2.0)


class _Kept(Enum):
    """What a key holds, compared with the content that shall be kept under it."""

    NOTHING = auto()
    SAME = auto()
    OTHER = auto()
    #: Other bytes without a digest of ours: another program's object, or one that is being written.
    UNCLEAR = auto()
    #: Something that could not be read to its end.
    UNREADABLE = auto()


class _KeysRefused(ObjectStoreUnavailable):
    """The server does not take our keys, or does not let them do that."""


_UNSETTLED = frozenset({_Kept.UNCLEAR, _Kept.UNREADABLE})


@frozen
class S3Settings:
    """Which bucket, and how to reach it. ``endpoint_url`` None means Amazon's own.

    Without an access key it is found as Amazon's own tools find it. ``path_style`` puts the bucket
    into the path, as most servers that are not Amazon's need. ``seconds`` is the most that keeping or
    reading one object takes, whatever the server does: silent, or dripping byte after byte.
    """

    bucket: str
    endpoint_url: str | None = None
    region: str = "eu-west-1"
    access_key: SecretSource | None = field(default=None, converter=optional(as_source), repr=False)
    secret_key: SecretSource | None = field(default=None, converter=optional(as_source), repr=False)
    path_style: bool = True
    prefix: str = ""
    seconds: float = 60.0


@define
class S3Objects:
    """An ``ObjectStore`` over one bucket. One client for its whole life; close it.

    Every object carries its sha256 in its metadata, so that a repeated ``put`` need not read it
    back.
    """

    settings: S3Settings
    _keys: Keys | None = field(init=False)
    _client: Any = field(init=False, default=None)
    _stack: AsyncExitStack = field(init=False, factory=AsyncExitStack)
    _opening: asyncio.Lock = field(init=False, factory=asyncio.Lock)

    @_keys.default
    def _keys_of_settings(self) -> Keys | None:
        wanted = self.settings
        return Keys(wanted.access_key, as_source(wanted.secret_key)) if wanted.access_key else None

    async def put(
        self, key: str, content: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Keep the content; see the port.

        ``If-None-Match`` makes the write atomic where the server honours it (Amazon, Ceph); others
        ignore it and overwrite, hence the look before and after. On such a server two writers
        of different bytes within one round trip can still collide: the one that lost finds out.
        """
        await self._once_more(lambda: self._put(key, content, content_type, metadata or {}))

    async def _put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        state = await self._look(key, content, while_=_UNSETTLED)
        if state is _Kept.NOTHING:
            await self._write(key, content, content_type, metadata)
            state = await self._look(key, content, while_=_UNSETTLED | {_Kept.NOTHING})
        if state in (_Kept.NOTHING, _Kept.UNREADABLE):
            raise ObjectStoreUnavailable(f"The object store took {key!r} and does not give it back.")
        if state is not _Kept.SAME:
            raise ObjectConflict.at(key)

    async def get(self, key: str) -> bytes:
        """Return the content; raises ``ObjectNotFound``, or ``ObjectAltered`` if it was damaged."""
        return await self._once_more(lambda: self._get(key))

    async def _get(self, key: str) -> bytes:
        async with self._talk(key) as (client, place):
            answer = _of_a_store(await client.get_object(**place))
            async with answer["Body"] as body:
                content: bytes = await body.read()
        expected = answer.get("Metadata", {}).get("sha256")
        if expected and hashlib.sha256(content).hexdigest() != expected:
            raise ObjectAltered.at(key)
        return content

    async def exists(self, key: str) -> bool:
        """Return whether something is kept under the key."""
        return await self._once_more(lambda: self._kept_digest(key)) is not None

    async def discard(self, key: str) -> None:
        """Take an object away: a probe. No document ever is."""
        await self._once_more(lambda: self._discard(key))

    async def _discard(self, key: str) -> None:
        async with self._talk(key) as (client, place):
            await client.delete_object(**place)

    async def close(self) -> None:
        """Close the connections."""
        self._client = None
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        """Open nothing yet: the first request does."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def _once_more(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do it in the time there is for it; once more if our keys were refused and are others by now."""
        try:
            async with asyncio.timeout(self.settings.seconds):
                try:
                    return await act()
                except _KeysRefused:
                    if self._keys is None or not await self._keys.were_changed():
                        raise
                    return await act()
        except TimeoutError as late:
            seconds = f"{self.settings.seconds:g}"
            raise ObjectStoreUnavailable(f"The object store was not done within {seconds} seconds.") from late

    async def _write(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        async with self._talk(key) as (client, place):
            try:
                await client.put_object(
                    **place,
                    Body=content,
                    ContentType=content_type,
                    Metadata={**metadata, "sha256": hashlib.sha256(content).hexdigest()},
                    IfNoneMatch="*",
                )
            except ClientError as refused:
                if _code(refused) in _MISSING:  # whoever says so to a write is not the store: no 404 of the document's
                    raise ObjectStoreUnavailable(f"The object store has no place for {key!r}.") from refused
                if _code(refused) not in _TAKEN:
                    raise

    async def _look(self, key: str, content: bytes, *, while_: frozenset[_Kept]) -> _Kept:
        """Say what is kept under the key, beside this content; look again for a while as long as it is ``while_``."""
        state = await self._compare(key, content)
        for seconds in _PATIENCE:
            if state not in while_:
                break
            await asyncio.sleep(seconds)
            state = await self._compare(key, content)
        return state

    async def _compare(self, key: str, content: bytes) -> _Kept:
        kept = await self._kept_digest(key)
        if kept is None:
            return _Kept.NOTHING
        if kept:
            return _Kept.SAME if kept == hashlib.sha256(content).hexdigest() else _Kept.OTHER
        try:
            return _Kept.SAME if await self._get(key) == content else _Kept.UNCLEAR
        except ObjectNotFound:
            return _Kept.NOTHING
        except ObjectStoreUnavailable:
            return _Kept.UNREADABLE

    async def _kept_digest(self, key: str) -> str | None:
        """Return the digest in the object's metadata, "" if it carries none, None if there is no object."""
        try:
            async with self._talk(key) as (client, place):
                answer = _of_a_store(await client.head_object(**place))
        except ObjectNotFound:
            return None
        return str(answer.get("Metadata", {}).get("sha256", ""))

    @asynccontextmanager
    async def _talk(self, key: str) -> AsyncIterator[tuple[Any, dict[str, str]]]:
        """Yield the client and the object's address; put the server's answers into our errors."""
        place = {"Bucket": self.settings.bucket, "Key": self.settings.prefix + require_object_key(key)}
        try:
            yield await self._connected(), place
        except ClientError as refused:
            if _code(refused) in _MISSING:
                raise ObjectNotFound.at(key) from None
            kind = _KeysRefused if _code(refused) in REFUSED else ObjectStoreUnavailable
            raise kind(f"The object store refused {key!r}: {_code(refused)}.") from refused
        except SecretsUnavailable as away:
            raise ObjectStoreUnavailable(f"The keys of the object store can't be had: {away.message}") from away
        except (BotoCoreError, aiohttp.ClientError, TimeoutError, OSError) as silent:
            raise ObjectStoreUnavailable(f"The object store does not answer: {silent}") from silent

    async def _connected(self) -> Any:
        async with self._opening:
            if self._client is None:
                self._client = await self._stack.enter_async_context(self._new_client())
        return self._client

    def _new_client(self) -> Any:
        wanted, session = self.settings, get_session()
        if self._keys is not None:
            session.register_component("credential_provider", KeyProvider(self._keys))
        return session.create_client(
            "s3",
            endpoint_url=wanted.endpoint_url,
            region_name=wanted.region,
            config=AioConfig(
                signature_version="s3v4",
                s3={"addressing_style": "path" if wanted.path_style else "auto"},
                # Amazon's newer checksums are unknown to many servers; ours is in the metadata.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                retries={"max_attempts": 3, "mode": "standard"},
                connect_timeout=5,
                read_timeout=15,
            ),
        )


def _of_a_store(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer about an object; one without its ETag is some proxy's page, whatever its status says."""
    if not answer.get("ETag"):
        raise ObjectStoreUnavailable("What answers is no object store.")
    return answer


def _code(refused: ClientError) -> str:
    return str(refused.response.get("Error", {}).get("Code", ""))
