"""What every test may ask for: real servers, a database of one's own, a bucket of one's own.

Whoever asks for a server is marked `services`, so that `make check` can leave it out.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings

from scaicontrol_adapters.garbage import collect_seldom
from tests.services import databases, keeper
from tests.services.mariadb import OwnMariaDb
from tests.services.openid import Line, OpenIdProvider, line_to
from tests.services.redis import OwnRedis, empty_database
from tests.services.s3 import S3Server, create_bucket
from tests.services.vies import Vies, serving

KEEPER = "SCAICONTROL_TEST_KEEPER"
SERVERS = frozenset(
    {
        "mariadb_server",
        "moto_server",
        "rclone_server",
        "redis_server",
        "own_mariadb",
        "own_redis",
        "openid_provider",
    }
)

settings.register_profile("default", deadline=None)  # a busy machine is not a bug; benches measure speed
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))

own_keeper = pytest.StashKey[keeper.Keeper]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the keeper once per run; workers of xdist find it through the environment."""
    if not hasattr(config, "workerinput"):
        config.stash[own_keeper] = started = keeper.Keeper.start()
        os.environ[KEEPER] = started.socket_path


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers: also after Ctrl-C or an internal error."""
    started = config.stash.get(own_keeper, None)
    if started is not None:
        del os.environ[KEEPER]
        started.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whoever asks for a server, before `-m` selects."""
    for item in items:
        if SERVERS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.services)


def pytest_collection_finish() -> None:
    """Collect garbage as seldom as our servers do: it was a quarter of the whole run."""
    collect_seldom()


@pytest.fixture(scope="session")
def mariadb_server() -> Mapping[str, str]:
    """The MariaDB of this run: `host`, `port`, `user`, `password`."""
    return keeper.ask(os.environ[KEEPER], "mariadb")


@pytest.fixture
def mariadb_url(mariadb_server: Mapping[str, str]) -> Iterator[str]:
    """An empty database of this test's own, dropped afterwards."""
    with databases.fresh_database(mariadb_server) as name:
        yield databases.database_url(mariadb_server, name)


@pytest.fixture
def own_mariadb() -> Iterator[OwnMariaDb]:
    """A MariaDB of this test's own, to be killed and started again."""
    with OwnMariaDb.started() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_database(mariadb_server: Mapping[str, str]) -> Iterator[tuple[str, frozenset[str]]]:
    """One database per worker at the newest revision, and the tables that the migrations filled."""
    from scaicontrol_adapters.sql.migrate import migrate  # noqa: PLC0415  # loads SQLAlchemy: only who needs it pays

    with databases.fresh_database(mariadb_server) as name, ThreadPoolExecutor(1) as other_thread:
        # In a thread of its own: the test that asks first may be inside a running loop.
        other_thread.submit(asyncio.run, migrate(databases.database_url(mariadb_server, name))).result()
        yield name, databases.filled_tables(mariadb_server, name)


@pytest.fixture
def migrated_mariadb_url(
    mariadb_server: Mapping[str, str], migrated_database: tuple[str, frozenset[str]]
) -> Iterator[str]:
    """A database at the newest revision, as the migrations left it; emptied again after the test."""
    name, seeded = migrated_database
    yield databases.database_url(mariadb_server, name)
    databases.empty_tables(mariadb_server, name, keep=seeded)


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest revision, to be copied."""
    from scaicontrol_adapters.sql.migrate import migrate  # noqa: PLC0415  # see migrated_database

    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with ThreadPoolExecutor(1) as other_thread:
        other_thread.submit(asyncio.run, migrate(f"sqlite+aiosqlite:///{path}")).result()
    return path


@pytest.fixture
def migrated_sqlite_url(migrated_sqlite_file: Path, tmp_path: Path) -> str:
    """An SQLite database of this test's own at the newest revision."""
    return f"sqlite+aiosqlite:///{shutil.copy(migrated_sqlite_file, tmp_path / 'scaicontrol.db')}"


@pytest.fixture
def vies() -> Iterator[Vies]:
    """A register of VAT numbers of this test's own, in a thread: it needs nothing installed."""
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def redis_server() -> Mapping[str, str]:
    """The Redis of this run: `host`, `port`."""
    return keeper.ask(os.environ[KEEPER], "redis")


@pytest.fixture
def redis_url(redis_server: Mapping[str, str]) -> str:
    """An empty Redis: one worker's tests never run at once, and each worker has a database of its own."""
    return empty_database(redis_server, os.environ.get("PYTEST_XDIST_WORKER", ""))


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis of this test's own, to be paused and killed."""
    with OwnRedis.started(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def openid_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    """An OpenID provider that is not ours, one for each worker."""
    with OpenIdProvider.started(tmp_path_factory.mktemp("openid")) as running:
        yield running


@pytest.fixture
def openid_line(openid_provider: OpenIdProvider) -> Iterator[Line]:
    """A line to it that this test may disturb."""
    with line_to(openid_provider) as line:
        yield line


@pytest.fixture(scope="session")
def moto_server() -> Mapping[str, str]:
    """The moto of this run."""
    return keeper.ask(os.environ[KEEPER], "moto")


@pytest.fixture(scope="session")
def rclone_server() -> Mapping[str, str]:
    """The rclone of this run."""
    return keeper.ask(os.environ[KEEPER], "rclone")


@pytest.fixture
def s3_moto(moto_server: Mapping[str, str]) -> S3Server:
    """An empty bucket with Amazon's semantics; any signature will do."""
    return create_bucket(moto_server)


@pytest.fixture
def s3_rclone(rclone_server: Mapping[str, str]) -> S3Server:
    """An empty bucket where the signature counts."""
    return create_bucket(rclone_server)
