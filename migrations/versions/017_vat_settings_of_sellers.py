"""What a seller decides about VAT; the database knows the words of each decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import is_mariadb

if TYPE_CHECKING:
    from collections.abc import Callable

revision = "017"
down_revision = "016"
branch_labels = None
depends_on = None

_PARTNERS = "partners"
_TURNOVER, _EXEMPT_FIRST = "b2c_cross_border_turnover_last_year_cents", "exempt_before_reverse_charge"
_TAX_POINT, _EXEMPTION, _UNVERIFIED = "advance_tax_point", "vat_exemption", "unverified_vat_number_policy"
_WORDS = {
    _TAX_POINT: ("by_country", "invoice_date", "period_end", "split"),
    _EXEMPTION: ("none", "small_business", "art_132", "art_135"),
    _UNVERIFIED: ("charge", "hold"),
}


def upgrade() -> None:
    """Apply."""
    op.add_column(_PARTNERS, sa.Column(_TURNOVER, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column(_PARTNERS, sa.Column(_EXEMPT_FIRST, sa.Boolean(), nullable=False, server_default="0"))
    if is_mariadb(op):
        _add(_TAX_POINT)
        _add(_EXEMPTION)
        for name in _WORDS:
            op.create_check_constraint(op.f(_rule(name)), _PARTNERS, sa.text(_known(name)))
    else:
        _add_checked(_TAX_POINT)
        _add_checked(_EXEMPTION)
        _replaced(_UNVERIFIED, _add_checked)


def downgrade() -> None:
    """Take back."""
    if is_mariadb(op):
        for name in _WORDS:
            op.drop_constraint(op.f(_rule(name)), _PARTNERS, type_="check")
    else:
        _replaced(_UNVERIFIED, _add)
    for name in (_EXEMPTION, _TAX_POINT, _EXEMPT_FIRST, _TURNOVER):
        op.drop_column(_PARTNERS, name)


def _add(name: str) -> None:
    op.add_column(_PARTNERS, sa.Column(name, sa.String(length=32), nullable=False, server_default=_WORDS[name][0]))


def _add_checked(name: str) -> None:
    """Add a column with its rule on SQLite, which adds no rule to a table that stands, and many rows refer to this."""
    column = f"{name} VARCHAR(32) DEFAULT '{_WORDS[name][0]}' NOT NULL"
    op.execute(sa.text(f"ALTER TABLE {_PARTNERS} ADD COLUMN {column} CONSTRAINT {_rule(name)} CHECK ({_known(name)})"))


def _replaced(name: str, add: Callable[[str], None]) -> None:
    """Make a column anew on SQLite, keeping what is in it."""
    op.execute(sa.text(f"ALTER TABLE {_PARTNERS} RENAME COLUMN {name} TO {name}_before"))
    add(name)
    partners = sa.table(_PARTNERS, sa.column(name), sa.column(f"{name}_before"))
    op.execute(partners.update().values({name: partners.c[f"{name}_before"]}))
    op.execute(sa.text(f"ALTER TABLE {_PARTNERS} DROP COLUMN {name}_before"))


def _rule(name: str) -> str:
    return f"ck_{_PARTNERS}_{name}_known"


def _known(name: str) -> str:
    return f"{name} IN ({', '.join(map(repr, _WORDS[name]))})"
