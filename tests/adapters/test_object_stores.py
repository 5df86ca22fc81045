"""What is particular to each object store, beyond the contract they share."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from scaicontrol_adapters.local.objects import FolderObjects
from scaicontrol_adapters.s3.objects import S3Objects, S3Settings
from scaicontrol_adapters.scaivault.remembering import RememberedSecrets
from scaicontrol_adapters.secret_sources import StoredSecret
from scaicontrol_core.documents.errors import ObjectConflict, ObjectStoreUnavailable
from scaicontrol_core.testing.secrets import MemorySecrets

KEY = "uploads/invoices/inv_01/rev-1.pdf"


def files_below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


async def test_a_folder_holds_plain_files_and_leaves_no_half_written_ones(tmp_path: Path) -> None:
    store = FolderObjects(tmp_path)
    await store.put(KEY, b"%PDF", content_type="application/pdf")
    assert files_below(tmp_path) == [KEY]


async def test_of_two_writers_at_once_exactly_one_wins_and_the_other_is_told(tmp_path: Path) -> None:
    store = FolderObjects(tmp_path)
    contents = [f"%PDF {writer}".encode() for writer in range(12)]
    outcomes = await asyncio.gather(
        *(store.put(KEY, content, content_type="application/pdf") for content in contents), return_exceptions=True
    )
    winners = [content for content, outcome in zip(contents, outcomes, strict=True) if outcome is None]
    assert winners == [await store.get(KEY)]
    assert all(isinstance(outcome, ObjectConflict) for outcome in outcomes if outcome is not None)


async def test_a_symbolic_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.pdf").write_bytes(b"secret")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "uploads").symlink_to(tmp_path / "outside")
    store = FolderObjects(tmp_path / "store")
    with pytest.raises(ObjectStoreUnavailable):
        await store.get("uploads/secret.pdf")
    with pytest.raises(ObjectStoreUnavailable):
        await store.put("uploads/new.pdf", b"x", content_type="application/pdf")
    assert not (tmp_path / "outside" / "new.pdf").exists()


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file where a folder should be")
    with pytest.raises(ObjectStoreUnavailable):
        await FolderObjects(tmp_path).put(KEY, b"x", content_type="application/pdf")


async def test_a_bucket_nobody_answers_for_is_unavailable() -> None:
    settings = S3Settings(bucket="b", endpoint_url="http://127.0.0.1:9", access_key="a", secret_key="s")
    async with S3Objects(settings) as store:
        with pytest.raises(ObjectStoreUnavailable):
            await store.get(KEY)


@pytest.mark.services
async def test_a_wrong_secret_is_refused_and_nothing_is_kept(s3_rclone: tuple[str, str, str, str]) -> None:
    endpoint_url, access_key, _, bucket = s3_rclone
    settings = S3Settings(bucket=bucket, endpoint_url=endpoint_url, access_key=access_key, secret_key="not the secret")
    async with S3Objects(settings) as store:
        with pytest.raises(ObjectStoreUnavailable):
            await store.put("intruder/rev-1.pdf", b"x", content_type="application/pdf")


@pytest.mark.services
async def test_an_object_damaged_in_the_store_is_noticed(s3_moto: tuple[str, str, str, str]) -> None:
    endpoint_url, access_key, secret_key, bucket = s3_moto
    settings = S3Settings(bucket=bucket, endpoint_url=endpoint_url, access_key=access_key, secret_key=secret_key)
    async with S3Objects(settings) as store:
        client = await store._connected()
        await client.put_object(Bucket=bucket, Key="damaged.pdf", Body=b"rotten", Metadata={"sha256": "0" * 64})
        with pytest.raises(ObjectStoreUnavailable, match="sha256"):
            await store.get("damaged.pdf")


@pytest.mark.services
async def test_an_object_that_another_program_put_there_is_compared_by_its_bytes(
    s3_moto: tuple[str, str, str, str],
) -> None:
    endpoint_url, access_key, secret_key, bucket = s3_moto
    settings = S3Settings(bucket=bucket, endpoint_url=endpoint_url, access_key=access_key, secret_key=secret_key)
    async with S3Objects(settings) as store:
        client = await store._connected()
        await client.put_object(Bucket=bucket, Key="migrated/rev-1.pdf", Body=b"%PDF from before")
        await store.put("migrated/rev-1.pdf", b"%PDF from before", content_type="application/pdf")
        with pytest.raises(ObjectConflict):
            await store.put("migrated/rev-1.pdf", b"%PDF other", content_type="application/pdf")


@pytest.mark.services
async def test_keys_that_were_changed_are_found_by_themselves(s3_rclone: tuple[str, str, str, str]) -> None:
    endpoint_url, access_key, secret_key, bucket = s3_rclone
    secrets, now = MemorySecrets(), [0.0]
    await secrets.put("s3/key", access_key)
    await secrets.put("s3/secret", "an older one")
    remembered = RememberedSecrets(secrets, monotonic=lambda: now[0])
    sources = [StoredSecret(remembered, f"s3/{name}", "SETTING") for name in ("key", "secret")]
    settings = S3Settings(bucket=bucket, endpoint_url=endpoint_url, access_key=sources[0], secret_key=sources[1])
    async with S3Objects(settings) as store:
        with pytest.raises(ObjectStoreUnavailable):
            await store.put(KEY, b"%PDF", content_type="application/pdf")
        await secrets.put("s3/secret", secret_key)
        now[0] += 10
        await store.put(KEY, b"%PDF", content_type="application/pdf")
        assert await store.get(KEY) == b"%PDF"
        await secrets.delete("s3/secret")
        now[0] += 301
        with pytest.raises(ObjectStoreUnavailable, match="SETTING"):
            await store.exists(KEY)
        assert secret_key not in repr(store)
