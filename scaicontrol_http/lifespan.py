"""What lives as long as the server: jobs of an embedded installation, and the container if it is ours."""

from __future__ import annotations

import importlib
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from litestar import Litestar

    from scaicontrol_adapters.container import Container

log = structlog.get_logger(__name__)


def lifespan(container: Container, *, owned: bool) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return the server's life over a container, which it closes at the end if it is ``owned``."""

    @asynccontextmanager
    async def living(_: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if owned:
                stack.push_async_callback(container.aclose)
            if container.settings.background_jobs:
                await stack.enter_async_context(_named(container.settings.background_jobs)(container))
            log.info("serving", environment=container.settings.env.value)
            yield
            log.info("stopping")

    return living


def _named(import_name: str) -> Callable[[Container], AbstractAsyncContextManager[Any]]:
    """Load by name what this layer may not import: the jobs."""
    module, _, name = import_name.partition(":")
    found: Callable[[Container], AbstractAsyncContextManager[Any]] = getattr(importlib.import_module(module), name)
    return found
