"""Webhook subscription: who is told of which events, where, and signed with what."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from scaicontrol_core.delivery.events import (
    WebhookAmended,
    WebhookDeleted,
    WebhookDisabled,
    WebhookEnabled,
    WebhookOwnerTold,
    WebhookReplayed,
    WebhookSecretRotated,
    WebhookSubscribed,
    WebhookTested,
)
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import WEBHOOK_LIFECYCLE, WebhookStatus
from scaicontrol_core.delivery.webhook_terms import WebhookChanges
from scaicontrol_core.kernel.editing import UNSET, Unset
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import PartnerId

if TYPE_CHECKING:
    from scaicontrol_core.delivery.webhook_terms import WebhookTerms

#: Secrets that may be valid at once: the header has one entry for each.
MOST_SECRETS = 4


class DisableReason(StrEnum):
    """Why nothing is sent any more."""

    GONE = "gone"
    ONLY_FAILURES = "only_failures"
    BY_HAND = "by_hand"


@frozen
class SecretRef:
    """Where a secret is kept, and until when it signs: None for the present one."""

    path: str
    valid_until: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Tell whether messages are signed with it."""
        return self.valid_until is None or now < self.valid_until


@frozen
class KeptHeaders:
    """The names of headers that go with each request, and where their values are kept, all together."""

    path: str
    names: tuple[str, ...]


@define(kw_only=True, eq=False)
class WebhookSubscription(Recorder):
    """One wish to be told. ``partner_id`` owns it: None for the platform's own.

    ``secrets`` are newest first. Values of extra headers are in the secret store (``kept_headers``); ``terms.headers``
    has those that were there before, until they are next changed. ``owner_told_of`` and ``disabled_count`` say
    whether the owner still has to be written to: they differ then.
    """

    id: WebhookSubscriptionId
    partner_id: PartnerId | None
    terms: WebhookTerms
    secrets: tuple[SecretRef, ...]
    kept_headers: KeptHeaders | None = None
    created_at: datetime
    updated_at: datetime
    status: WebhookStatus = WebhookStatus.ACTIVE
    disabled_reason: DisableReason | None = None
    disabled_at: datetime | None = None
    disabled_count: int = 0
    owner_told_of: int = 0
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def is_active(self) -> bool:
        """Tell whether it gets events."""
        return self.status is WebhookStatus.ACTIVE

    @property
    def owes_a_notice(self) -> bool:
        """Tell whether its owner has to be written to that it was disabled."""
        return self.owner_told_of < self.disabled_count

    def valid_secrets(self, now: datetime) -> tuple[SecretRef, ...]:
        """Return where the secrets are that sign now, newest first."""
        return tuple(ref for ref in self.secrets if ref.is_valid(now))

    @property
    def header_names(self) -> tuple[str, ...]:
        """The names of the extra headers, sorted; nobody reads their values again."""
        return tuple(sorted(self.kept_headers.names if self.kept_headers else self.terms.headers))

    @property
    def secret_paths(self) -> tuple[str, ...]:
        """Where all that is secret about it is kept."""
        signing = tuple(ref.path for ref in self.secrets)
        return signing if self.kept_headers is None else (*signing, self.kept_headers.path)

    # -- verbs -------------------------------------------------------------------------------

    def record_creation(self) -> WebhookSubscription:
        """Say in the log that it is new; returns itself."""
        after = self._shown()
        self._record(WebhookSubscribed(**self._about({name: (None, value) for name, value in after.items()})))
        return self

    def amend(self, changes: WebhookChanges, now: datetime, kept_headers: KeptHeaders | Unset | None = UNSET) -> bool:
        """Apply a partial change; tell whether it sends elsewhere now. Records nothing if nothing differs.

        ``kept_headers`` replace all headers, those of the terms too.
        """
        before, old = self.terms, self._shown()
        after, kept = before.amended(changes), self.kept_headers
        if kept_headers is not UNSET:
            after, kept = after.amended(WebhookChanges(headers={})), kept_headers
        if (before, self.kept_headers) == (after, kept):
            return False
        self.terms, self.kept_headers, self.updated_at = after, kept, now
        new = self._shown()
        self._record(
            WebhookAmended(**self._about({name: (old[name], new[name]) for name in old if old[name] != new[name]}))
        )
        return before.url != after.url

    def rotate(self, path: str, now: datetime) -> tuple[str, ...]:
        """Sign with the secret at ``path`` from now on, and with the present one for the overlap.

        Returns the paths of those that are not needed any more.
        """
        until = now + timedelta(hours=self.terms.secret_overlap_hours)
        older = tuple(
            evolve(ref, valid_until=until if ref.valid_until is None else ref.valid_until) for ref in self.secrets
        )
        kept = tuple(ref for ref in older if ref.is_valid(now))[: MOST_SECRETS - 1]
        self.secrets, self.updated_at = (SecretRef(path), *kept), now
        self._record(WebhookSecretRotated(**self._about({"secrets": (len(older), len(self.secrets))})))
        return tuple(ref.path for ref in older if ref not in kept)

    def disable(self, reason: DisableReason, now: datetime, *, failing_since: datetime | None = None) -> None:
        """Send nothing any more; the world is told, and the owner unless it was done by hand."""
        self._move(WebhookStatus.DISABLED)
        self.disabled_reason, self.disabled_at, self.updated_at = reason, now, now
        if reason is not DisableReason.BY_HAND:
            self.disabled_count += 1
        self._record(
            WebhookDisabled(
                **self._about({"status": (WebhookStatus.ACTIVE.value, self.status.value)}),
                webhook_subscription_id=self.id,
                host=self.terms.host,
                reason=reason.value,
                failing_since=failing_since,
                disabled_at=now,
            )
        )

    def enable(self, now: datetime) -> None:
        """Send again; raises ``InvalidTransition`` if it does already."""
        self._move(WebhookStatus.ACTIVE)
        self.disabled_reason = self.disabled_at = None
        self.owner_told_of, self.updated_at = self.disabled_count, now
        self._record(WebhookEnabled(**self._about({"status": (WebhookStatus.DISABLED.value, self.status.value)})))

    def record_deletion(self) -> None:
        """Say in the log that it is no more."""
        before = self._shown()
        self._record(WebhookDeleted(**self._about({name: (value, None) for name, value in before.items()})))

    def record_test(self, sent_by: str, test_key: str) -> WebhookTested:
        """Tell this one subscription something."""
        told = WebhookTested(
            **self._about({}),
            webhook_subscription_id=self.id,
            sent_by=sent_by,
            message="This is a test.",
            test_key=test_key,
        )
        self._record(told)
        return told

    def record_replay(self, what: str, deliveries: int, first_delivery_id: str) -> None:
        """Say in the log that deliveries are sent once more."""
        self._record(
            WebhookReplayed(**self._about({}), what=what, deliveries=deliveries, first_delivery_id=first_delivery_id)
        )

    def note_owner_told(self) -> None:
        """Note that the owner knows."""
        before, self.owner_told_of = self.owner_told_of, self.disabled_count
        self._record(WebhookOwnerTold(**self._about({"owner_told_of": (before, self.owner_told_of)})))

    # -- inside ------------------------------------------------------------------------------

    def _move(self, target: WebhookStatus) -> None:
        WEBHOOK_LIFECYCLE.require(self.status, target)
        self.status = target

    def _shown(self) -> dict[str, Any]:
        """Return the terms as the audit log may show them; of headers the names, and which values were kept."""
        shown, kept = self.terms.for_audit(), self.kept_headers
        if kept is None:
            return shown
        return shown | {"headers": dict.fromkeys(kept.names, kept.path.rpartition("/")[2])}

    def _about(self, changes: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
        return {
            "resource_id": self.id,
            "partner_id": self.partner_id,
            "ordinal": self.version + 1,
            "changes": changes,
        }
