"""A mail folder: every message an ``.eml`` file that any mail program opens. The embedded default."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import ClassVar

from attrs import field, frozen

from scaicontrol_adapters.local.objects import write_once
from scaicontrol_adapters.mail.mime import mime_bytes, mime_message
from scaicontrol_core.documents.mail import Handed, Mail, MailUnavailable

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def _resolved(path: str | Path) -> Path:
    return Path(path).resolve()


@frozen
class MailFolder:
    """A ``MailSender`` that writes ``<key>.eml``; nothing leaves the machine.

    A file that is there already was handed over: it stays as it is.
    """

    channel: ClassVar[str] = "folder"

    root: Path = field(converter=_resolved)
    from_address: str

    async def send(self, mail: Mail, idempotency_key: str) -> Handed:
        """Write the file; see the port."""
        if not _KEY.fullmatch(idempotency_key):
            raise ValueError(f"{idempotency_key!r} is no file name")
        message = mime_message(mail, self.from_address, idempotency_key)
        path = self.root / f"{idempotency_key}.eml"
        try:
            await asyncio.to_thread(write_once, path, mime_bytes(message))
        except OSError as wrong:
            raise MailUnavailable(f"The mail folder can't be written: {wrong.strerror or wrong}.") from wrong
        return Handed(message_id=str(message["Message-ID"]))
