"""Why a document was rendered again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import append_only, is_mariadb

revision = "013"
down_revision = "012"
branch_labels = None
depends_on = None

_TABLE = "document_revisions"
_CHECK = "ck_document_revisions_reason_known"
_BEFORE, _NOW = ("finalize", "reprint"), ("finalize", "reprint", "regenerate", "send")


def upgrade() -> None:
    """Apply."""
    _allow(_NOW)


def downgrade() -> None:
    """Take back; fails where the new reasons are in use, for no revision is ever lost."""
    _allow(_BEFORE)


def _allow(reasons: tuple[str, ...]) -> None:
    with op.batch_alter_table(_TABLE) as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), sa.text(f"reason IN ({', '.join(map(repr, reasons))})"))
    if not is_mariadb(op):
        # SQLite made the table anew, and its triggers went with the old one.
        append_only(op, _TABLE)
