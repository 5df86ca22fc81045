"""Files people hand in: YAML, JSON and CSV, read strictly, with a sentence for whatever is wrong."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaicontrol_core.kernel.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

_STDIN = "-"
_MAX_BYTES = 32 * 1024 * 1024


def read_text(path: str) -> str:
    """Return a file's text in UTF-8 (``-`` is standard input); ``Malformed`` if that can't be."""
    try:
        content = sys.stdin.buffer.read() if path == _STDIN else _bounded(Path(path))
    except OSError as error:
        raise Malformed(f"{path}: {error.strerror or error}.", code="file_unreadable") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"{path} is not UTF-8 text (byte {error.start}).", code="file_not_text") from None


def read_value(path: str) -> Any:
    """Return the plain value of a YAML or JSON file.

    Raises ``Malformed`` (``file_syntax``) with line and column, also for a key that stands
    twice in one object: the first would be lost in silence.
    """
    return parse_value(read_text(path), path)


def parse_value(text: str, name: str) -> Any:
    """As ``read_value``, of text that was read already; ``name`` is for messages."""
    import yaml

    try:
        return yaml.load(text, _strict_loader())  # noqa: S506  # a SafeLoader, only stricter
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise Malformed(f"{name}{place}: {problem}.", code="file_syntax") from None


def read_object(path: str) -> dict[str, Any]:
    """As ``read_value``, of a file that holds an object."""
    value = read_value(path)
    if not isinstance(value, dict):
        raise Malformed(f"{path} does not hold an object with named fields.", code="file_syntax")
    return value


def read_rows(path: str) -> list[Mapping[str | None, Any]]:
    """Return the rows of a CSV file by column name; ``Malformed`` without a heading or with a repeated one."""
    text = read_text(path)
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        if not names:
            raise Malformed(f"{path} is empty: the first line names the columns.", code="file_syntax")
        if len(set(names)) != len(names):
            raise Malformed(f"{path} names a column twice.", code="file_syntax")
        reader.fieldnames = names
        return [dict(row) for row in reader]
    except csv.Error as error:
        raise Malformed(f"{path}, line {reader.line_num}: {error}.", code="file_syntax") from None


def write_text(path: str, text: str) -> None:
    """Write text to a file, or to standard output for ``-``."""
    write_bytes(path, text.encode())


def write_bytes(path: str, content: bytes) -> None:
    """Write a file, or to standard output for ``-``; ``Malformed`` if the file can't be written."""
    if path == _STDIN:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise Malformed(f"{path}: {error.strerror or error}.", code="file_unwritable") from None


def to_yaml(value: object) -> str:
    """Write a plain value as YAML, fields in the order given."""
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)


def parse_json(text: str) -> Any:
    """Return a JSON value; numbers with a fraction stay text, so that nothing is rounded."""
    return json.loads(text, parse_float=str)


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise Malformed(f"{path} is larger than {_MAX_BYTES // 1024**2} MB.", code="file_too_large")
    return content


def _strict_loader() -> Any:  # yaml is loaded when a file is read, not when the program starts
    import yaml

    class StrictLoader(yaml.SafeLoader):
        """Refuses a key that stands twice in one mapping."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[Any] = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if not isinstance(key, str):
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} is not text", key_node.start_mark
                    )
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key!r} stands here twice", key_node.start_mark
                    )
                seen.add(key)
            return super().construct_mapping(node, deep=deep)

    return StrictLoader
