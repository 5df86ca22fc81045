"""Explicit mappers: which fields of the core's classes stand in which columns.

A ``Fields`` writes an attrs object into column values and restores it from them. Columns
bear the names of the fields; what differs (enums, tuples, values within values) is declared.
Restoring sets the fields as they were kept and runs no validation: what was accepted once
must load for ever, also after the rules for new input grew stricter.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attrs import fields, frozen

from scaicontrol_core.kernel.quantity import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import Enum

T = TypeVar("T")
_set = object.__setattr__


@frozen
class Codec:
    """How one field becomes one column and back; None stays None."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def enum(kind: type[Enum]) -> Codec:
    """Keep an enum member by its value."""
    members = {member.value: member for member in kind}
    return Codec(lambda member: member.value, members.__getitem__)


#: A tuple of JSON values, kept as a JSON list.
TUPLE = Codec(list, tuple)
#: A date within JSON.
DAY = Codec(date.isoformat, date.fromisoformat)
#: An exact number within JSON, as text.
DECIMAL = Codec(str, Decimal)
#: Exact numbers by name, as a JSON object of texts.
DECIMALS = Codec(
    lambda named: {name: plain(value) for name, value in named.items()},
    lambda kept: {name: Decimal(text) for name, text in kept.items()},
)
#: An instant within JSON.
INSTANT = Codec(datetime.isoformat, datetime.fromisoformat)


def json_object(fields: Fields[Any]) -> Codec:
    """Keep an attrs value as a JSON object."""
    return Codec(fields.write, fields.read)


def json_list(fields: Fields[Any]) -> Codec:
    """Keep a tuple of attrs values as a JSON list of objects."""
    return Codec(lambda values: [fields.write(value) for value in values], lambda kept: tuple(map(fields.read, kept)))


class Part(Protocol):
    """A field that takes several columns."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        ...

    def write(self, value: Any) -> dict[str, Any]:  # whatever the part describes
        """Return the columns' values."""
        ...

    def read(self, row: Mapping[str, Any]) -> Any:
        """Return the value from the columns' values."""
        ...


class Fields(Generic[T]):
    """Columns of one attrs class.

    ``codecs`` name the fields whose columns hold something else than the field itself;
    ``parts`` those that take columns of their own; ``elsewhere`` those whose values stand in a
    table of their own, and are empty until that is read.
    ``prefix`` stands before every column's name. ``absent_when`` names a field that is never
    None in a value: where its column is NULL, the whole value is None. ``columns_as`` renames.
    """

    def __init__(
        self,
        kind: type[T],
        *,
        codecs: Mapping[str, Codec] | None = None,
        parts: Mapping[str, Part] | None = None,
        elsewhere: tuple[str, ...] = (),
        prefix: str = "",
        absent_when: str | None = None,
        columns_as: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = kind
        codecs, self._parts, names = codecs or {}, dict(parts or {}), columns_as or {}
        known = {attribute.name for attribute in fields(kind)}  # type: ignore[arg-type]
        unknown = (set(codecs) | set(self._parts) | set(elsewhere) | set(names)) - known
        if unknown:
            raise TypeError(f"{kind.__name__} has no fields {sorted(unknown)}")
        unkept = {*elsewhere, *self._parts, "_events"}
        self._plain = tuple((name, prefix + names.get(name, name), codecs.get(name)) for name in sorted(known - unkept))
        self._absent = prefix + names.get(absent_when, absent_when) if absent_when else None
        self._elsewhere = elsewhere
        self._records = "_events" in known
        self.columns: tuple[str, ...] = (
            *(column for _, column, _ in self._plain),
            *(column for part in self._parts.values() for column in part.columns),
        )

    def write(self, value: T | None) -> dict[str, Any]:
        """Return the columns' values of an object; all None for None."""
        if value is None:
            return dict.fromkeys(self.columns)
        written: dict[str, Any] = {}
        for name, column, codec in self._plain:
            kept = getattr(value, name)
            written[column] = kept if codec is None or kept is None else codec.encode(kept)
        for name, part in self._parts.items():
            written.update(part.write(getattr(value, name)))
        return written

    def read(self, row: Mapping[str, Any]) -> Any:  # T, or None if absent_when
        """Restore the object from the columns' values."""
        if self._absent is not None and row[self._absent] is None:
            return None
        restored = self.kind.__new__(self.kind)
        for name, column, codec in self._plain:
            kept = row[column]
            _set(restored, name, kept if codec is None or kept is None else codec.decode(kept))
        for name, part in self._parts.items():
            _set(restored, name, part.read(row))
        for name in self._elsewhere:
            _set(restored, name, ())
        if self._records:
            _set(restored, "_events", [])
        return restored
