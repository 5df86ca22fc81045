"""An object store in memory, held to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from scaicontrol_core.documents.errors import ObjectConflict, ObjectNotFound
from scaicontrol_core.documents.object_keys import require_object_key


@define
class MemoryObjects:
    """An ``ObjectStore`` that forgets everything with the process; ``contents`` is open to tests.

    Content type and metadata are not kept: nothing reads them back.
    """

    contents: dict[str, bytes] = field(factory=dict)

    async def put(
        self,
        key: str,
        content: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the content; the same bytes again change nothing, other bytes raise ``ObjectConflict``."""
        kept = self.contents.setdefault(require_object_key(key), content)
        if kept != content:
            raise ObjectConflict.at(key)

    async def get(self, key: str) -> bytes:
        """Return the content, or raise ``ObjectNotFound``."""
        try:
            return self.contents[require_object_key(key)]
        except KeyError:
            raise ObjectNotFound.at(key) from None

    async def exists(self, key: str) -> bool:
        """Return whether something is kept under the key."""
        return require_object_key(key) in self.contents
