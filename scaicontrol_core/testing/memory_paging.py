"""Pages of rows that lie in memory: the kernel's own, with the same promises as a database's."""

from __future__ import annotations

from scaicontrol_core.kernel.paging import SortKey, paged, sortable, within

__all__ = ["SortKey", "paged", "sortable", "within"]
