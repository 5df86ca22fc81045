"""``python -m tests.bench.workers.row_server URL PORT``: Litestar, one SELECT by key a request, till its input ends."""

from __future__ import annotations

import sys

import uvloop
from litestar import Litestar, get
from litestar.params import FromPath
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import create_async_engine

from scaicontrol_adapters.sql.rows.billing import InvoiceRow
from tests.bench.workers.announcing import serve

_ROW = select(InvoiceRow.__table__).where(InvoiceRow.__table__.c.id == bindparam("id"))


def bare(url: str) -> Litestar:
    """Return an application that reads a row and answers it as it is: no token, no scope, no lines."""
    engine = create_async_engine(url, pool_size=8)

    @get("/rows/{row_id:str}")
    async def row(row_id: FromPath[str]) -> dict[str, object]:
        """Answer one row."""
        async with engine.connect() as connection:
            found = (await connection.execute(_ROW, {"id": row_id})).one()
        return dict(found._mapping)

    return Litestar([row], openapi_config=None, logging_config=None)


if __name__ == "__main__":
    uvloop.run(serve(bare(sys.argv[1]), int(sys.argv[2])))
