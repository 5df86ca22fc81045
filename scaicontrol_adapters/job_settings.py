"""The settings of background jobs."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_adapters import setting_values as reading
from scaicontrol_adapters.directory_settings import DirectorySettings
from scaicontrol_adapters.setting_fields import setting


@frozen(kw_only=True)
class JobSettings(DirectorySettings):
    """The part of ``Settings`` that is about who runs jobs."""

    job_lease_seconds: int = setting(
        30,
        "How long a job stays with a runner that says nothing any more, in seconds: another takes over after that."
        " Clocks of the machines must agree far better.",
        reading.number(2, 3600),
    )
