"""What every object store promises: memory, folder, and S3 as two very different servers speak it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scaicontrol_adapters.local.objects import FolderObjects
from scaicontrol_adapters.s3.objects import S3Objects, S3Settings
from scaicontrol_core.documents import ObjectStore
from scaicontrol_core.documents.errors import ObjectConflict, ObjectNotFound
from scaicontrol_core.kernel.errors import ErrorKind, Invalid
from scaicontrol_core.testing.objects import MemoryObjects

KEY = "uploads/invoices/inv_01/rev-1.pdf"
PDF = b"%PDF-1.7 an invoice"

services = pytest.mark.services


def s3_store(server: tuple[str, str, str, str], folder: str) -> S3Objects:
    """Speak to a test server; each test under a prefix of its own."""
    endpoint_url, access_key, secret_key, bucket = server
    return S3Objects(
        S3Settings(
            bucket=bucket,
            endpoint_url=endpoint_url,
            access_key=access_key,
            secret_key=secret_key,
            prefix=f"{folder}/",
        )
    )


@pytest.fixture(
    params=["memory", "folder", pytest.param("s3_moto", marks=services), pytest.param("s3_rclone", marks=services)]
)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    """One empty store of each kind."""
    if request.param == "memory":
        yield MemoryObjects()
    elif request.param == "folder":
        yield FolderObjects(tmp_path / "objects")
    else:
        async with s3_store(request.getfixturevalue(request.param), tmp_path.name) as over_s3:
            yield over_s3


async def test_what_is_kept_is_given_back(store: ObjectStore) -> None:
    assert not await store.exists(KEY)
    await store.put(KEY, PDF, content_type="application/pdf", metadata={"number": "SCAI-2026-000001"})
    assert await store.exists(KEY)
    assert await store.get(KEY) == PDF


async def test_keeping_the_same_bytes_again_changes_nothing(store: ObjectStore) -> None:
    for _ in range(2):
        await store.put(KEY, PDF, content_type="application/pdf")
    assert await store.get(KEY) == PDF


async def test_what_was_sent_to_a_customer_is_never_replaced(store: ObjectStore) -> None:
    await store.put(KEY, PDF, content_type="application/pdf")
    with pytest.raises(ObjectConflict) as refused:
        await store.put(KEY, b"%PDF-1.7 another invoice", content_type="application/pdf")
    assert refused.value.kind is ErrorKind.CONFLICT
    assert await store.get(KEY) == PDF


async def test_a_new_revision_stands_beside_the_old_one(store: ObjectStore) -> None:
    second = KEY.replace("rev-1", "rev-2")
    await store.put(KEY, PDF, content_type="application/pdf")
    await store.put(second, b"%PDF-1.7 regenerated", content_type="application/pdf")
    assert await store.get(KEY) == PDF
    assert await store.get(second) == b"%PDF-1.7 regenerated"


async def test_an_unknown_key_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(ObjectNotFound) as missing:
        await store.get("uploads/invoices/inv_99/rev-1.pdf")
    assert missing.value.code == "object_not_found"


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../secret", "a/../../b", "a//b", "a/./b", "a\x00b", "ünï", "a/", ".new-x"]
)
async def test_a_key_can_never_leave_the_store(store: ObjectStore, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        await store.put(key, PDF, content_type="application/pdf")
    assert refused.value.code == "object_key_invalid"
    with pytest.raises(Invalid):
        await store.get(key)


async def test_empty_and_large_contents_survive(store: ObjectStore) -> None:
    large = bytes(range(256)) * 8192  # 2 MiB
    await store.put("big/document.bin", large, content_type="application/octet-stream")
    await store.put("big/empty.bin", b"", content_type="application/octet-stream")
    assert await store.get("big/document.bin") == large
    assert await store.get("big/empty.bin") == b""


async def test_many_writers_of_the_same_document_agree(store: ObjectStore) -> None:
    await asyncio.gather(*(store.put(KEY, PDF, content_type="application/pdf") for _ in range(16)))
    assert await store.get(KEY) == PDF
