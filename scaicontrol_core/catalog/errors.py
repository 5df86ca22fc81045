"""The conflicts of the catalogue; the codes are part of the API."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Conflict, FieldError


class SlugTaken(Conflict):
    """Two services, two packs or two plans of a service can't share a slug."""

    code = "slug_taken"

    def __init__(self, what: str, slug: str) -> None:
        super().__init__(f"There is a {what} {slug!r} already.", fields=[FieldError("/slug", "This slug is taken.")])


class AppIdTaken(Conflict):
    """Two services can't share the application id in their tokens."""

    code = "app_id_taken"

    def __init__(self, app_id: str) -> None:
        super().__init__(
            f"Another service has the app_id {app_id!r}.", fields=[FieldError("/app_id", "This app_id is taken.")]
        )


class PlanInUse(Conflict):
    """A plan with live subscriptions, or in a pack, can't be deleted."""

    code = "plan_in_use"

    def __init__(self, plan_key: str, reason: str) -> None:
        super().__init__(
            f"The plan {plan_key} can't be deleted: {reason}.",
            hint="Deactivate it: nobody new can choose it, and what runs goes on.",
        )
