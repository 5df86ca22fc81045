"""What can go wrong with a brand's assets."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Conflict, FieldError, Invalid


class AssetRejected(Invalid):
    """An upload is no logo or font that documents can be set with; the message says why and where."""

    code = "asset_rejected"

    @classmethod
    def because(cls, reason: str, hint: str | None = None) -> AssetRejected:
        """Say why."""
        return cls(reason, fields=(FieldError("/content", reason),), hint=hint)


class AssetInUse(Conflict):
    """The partner's configuration names the asset."""

    code = "asset_in_use"
