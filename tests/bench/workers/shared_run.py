"""``python -m tests.bench.workers.shared_run URL NAME RUN [WHEN COMMIT]``: one of several that bill one month.

``RUN`` may be empty: then it is the open one, or a new one. With ``WHEN`` (before, after) it is
killed (SIGKILL) at that commit of its own, as in a power cut.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from typing import Any

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor
from scaicontrol_core.billing import claiming
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.claiming import Sharing
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.kernel.ids import RunId
from scaicontrol_core.testing.faults import FaultyWork


class Dying(FaultyWork):
    """Units of work of a process that is killed at a commit, before or after it counts."""

    async def commit(self, work: Any) -> None:
        """Commit, and die if it is time."""
        self.commits += 1
        if self.commits == self.kill_before:
            os.kill(os.getpid(), signal.SIGKILL)
        await work.commit()
        if self.commits == self.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str, name: str, run: str, when: str = "", commit: str = "0") -> None:
    """Say that we are ready, wait for the word, bill, and tell what the run came to."""
    claiming.PAGE = 20
    async with Container.from_settings(Settings(database_url=url)) as container:
        if when:
            container.work = Dying(container.work)
            setattr(container.work, f"kill_{when}", int(commit))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        sharing = Sharing(run_id=RunId(run) if run else None, worker=name, lease=timedelta(seconds=3))
        month = parse_month(f"{container.clock.now():%Y-%m}")
        report = await container.use(RunBilling)(Actor.system("billing"), month, sharing=sharing)
    assert report.run is not None
    print(
        json.dumps(
            {
                "run": report.run.id,
                "invoices": report.totals.invoices,
                "tenants": report.totals.tenants,
                "net_cents": report.totals.net_cents,
                "taken_over": report.progress.taken_over,
                "workers": [each.name for each in report.progress.workers if each.invoices],
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
