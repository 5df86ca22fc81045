"""The encrypted file: whoever tampers with it is found out, whoever dies writing it loses nothing."""

from __future__ import annotations

import asyncio
import json
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_adapters.local.sealed_file import Kept, Vessel
from scaicontrol_adapters.local.secret_key import SecretKeyExposed, key_file
from scaicontrol_adapters.local.secrets import FileSecrets
from scaicontrol_core.kernel.secrets import SecretsDamaged, SecretsUnavailable

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
PATH, VALUE = "mail/smtp", "planted-3d2a"


@pytest.fixture
def file(tmp_path: Path) -> FileSecrets:
    """A store whose folder is still to be made."""
    return FileSecrets(tmp_path / "kept" / "secrets.json", lambda: KEY)


async def test_the_file_is_its_owners_alone_and_shows_no_value(file: FileSecrets) -> None:
    await file.put(PATH, VALUE)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert VALUE not in file.path.read_text()
    assert KEY.hex() not in f"{file!r}"
    assert sorted(path.name for path in file.path.parent.iterdir()) == ["secrets.json", "secrets.json.lock"]


async def test_the_same_value_never_looks_the_same(file: FileSecrets) -> None:
    for path in ("a", "a", "b"):
        await file.put(path, VALUE)
    told = json.loads(file.path.read_text())["secrets"]
    closed = [*told["a"][1].values(), *told["b"][1].values()]
    assert len(set(closed)) == 3


def turned(text: str, path: list[Any], change: Any) -> str:
    """Return the file with one place changed."""
    told = json.loads(text)
    place = told
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = change(place[path[-1]])
    return json.dumps(told)


def flipped(text: str) -> str:
    """Change one character of base64."""
    return ("B" if text[20] == "A" else "A").join((text[:20], text[21:]))


@pytest.mark.parametrize(
    "tamper",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: turned(text, ["format"], lambda _: "scaicontrol-secrets/2"),
        lambda text: turned(text, ["key"], lambda _: "0" * 16),
        lambda text: turned(text, ["seal"], flipped),
        lambda text: turned(text, ["seal"], lambda _: 7),
        lambda text: turned(text, ["secrets", "a", 1, "2"], flipped),
        lambda text: turned(text, ["secrets", "a", 0], lambda _: 1),  # set back to an older version
        lambda text: turned(text, ["secrets"], lambda kept: {"b": kept["b"]}),  # taken away
        lambda text: turned(text, ["secrets"], lambda kept: {"a": kept["b"], "b": kept["a"]}),  # exchanged
        lambda text: turned(text, ["secrets"], lambda kept: kept | {"c": kept["a"]}),
        lambda text: turned(text, ["secrets", "a"], lambda _: None),
    ],
)
async def test_whoever_changes_the_file_is_found_out(file: FileSecrets, tamper: Any) -> None:
    for path, value in (("a", "one"), ("a", "two"), ("b", VALUE)):
        await file.put(path, value)
    before = tamper(file.path.read_text())
    file.path.write_text(before)
    for question in (file.get("b"), file.list(), file.put("c", "x"), file.delete("a"), file.ping()):
        with pytest.raises(SecretsDamaged) as found:
            await question
        assert VALUE not in f"{found.value}"
    assert file.path.read_text() == before


async def test_another_key_is_told_from_tampering(file: FileSecrets) -> None:
    await file.put(PATH, VALUE)
    with pytest.raises(SecretsDamaged, match="another key"):
        await FileSecrets(file.path, lambda: OTHER_KEY).get(PATH)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}", fullmatch=True),
        st.dictionaries(st.integers(1, 10**6), st.text(min_size=1), min_size=1, max_size=4),
        max_size=5,
    )
)
def test_what_is_written_is_read_and_bound_to_its_place(content: dict[str, dict[int, str]]) -> None:
    vessel = Vessel(KEY)
    sealed = {
        path: Kept(max(versions), {n: vessel.encrypt(path, n, value) for n, value in versions.items()})
        for path, versions in content.items()
    }
    read = vessel.read(vessel.written(sealed))
    assert read == sealed
    for path, versions in content.items():
        for number, value in versions.items():
            assert vessel.decrypt(path, number, read[path].versions[number]) == value
            for elsewhere, other in ((path, number + 1), (f"{path}x", number), (path[:-1], number)):
                with pytest.raises(SecretsDamaged):
                    vessel.decrypt(elsewhere, other, read[path].versions[number])


@given(st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    vessel = Vessel(KEY)
    raw = bytearray(vessel.written({"a/b": Kept(1, {1: vessel.encrypt("a/b", 1, "hush")})}))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        read = vessel.read(bytes(raw))
    except SecretsDamaged:
        return
    # What may still be read says the same: a blank for a blank, an escape for its letter.
    assert vessel.decrypt("a/b", 1, read["a/b"].versions[1]) == "hush"
    assert read["a/b"].newest == 1


# -- several processes, and death -----------------------------------------------------------------

_WRITER = """
import asyncio, sys
from pathlib import Path
from scaicontrol_adapters.local.secrets import FileSecrets
file = FileSecrets(Path(sys.argv[1]), lambda: bytes(range(32)), patience=60)
async def write():
    for number in range(int(sys.argv[3])):
        await file.put(f"by/{sys.argv[2]}/{number}", "x" * 50)
        print(number, flush=True)
asyncio.run(write())
"""
_DIES = """
import asyncio, os, signal, sys
from pathlib import Path
from scaicontrol_adapters.local import secrets
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "rename":
    secrets.Path.replace = die
elif sys.argv[2] == "fsync":
    secrets.os.fsync = die
else:
    secrets.sync_folder = die
file = secrets.FileSecrets(Path(sys.argv[1]), lambda: bytes(range(32)))
asyncio.run(file.put("mail/smtp", "the new value"))
"""


def python(code: str, *words: str) -> subprocess.Popen[bytes]:
    """Start another process of ours."""
    return subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, cwd=Path.cwd())


async def test_writers_of_several_processes_lose_nothing(file: FileSecrets) -> None:
    others = [python(_WRITER, str(file.path), str(number), "12") for number in range(3)]
    for other in others:
        assert await asyncio.to_thread(other.wait) == 0
        assert other.stdout is not None
        other.stdout.close()
    assert len(await file.list("by")) == 36


@pytest.mark.parametrize(("where", "kept"), [("fsync", VALUE), ("rename", VALUE), ("folder", "the new value")])
async def test_death_while_writing_leaves_the_old_or_the_new(file: FileSecrets, where: str, kept: str) -> None:
    await file.put(PATH, VALUE)
    died = python(_DIES, str(file.path), where)
    died.communicate()
    assert died.returncode == -signal.SIGKILL
    assert (await file.get(PATH)).value == kept
    left = list(file.path.parent.glob(".secrets-*"))
    assert len(left) == (0 if where == "folder" else 1)
    assert all("new value" not in path.read_text() for path in left)
    await file.put("other", "x")  # nobody holds the lock, and what was left is cleared away
    assert list(file.path.parent.glob(".secrets-*")) == []
    assert (await file.get(PATH)).value == kept


async def test_death_at_any_moment_keeps_what_was_confirmed(file: FileSecrets) -> None:
    writer = python(_WRITER, str(file.path), "1", "100000")
    assert writer.stdout is not None
    confirmed = [writer.stdout.readline() for _ in range(20)]
    writer.kill()
    rest = writer.stdout.read()
    writer.stdout.close()
    writer.wait()
    told = len(confirmed) + len(rest.splitlines())
    assert len(await file.list("by/1")) in {told, told + 1}


async def test_a_writer_that_never_ends_is_not_waited_for_for_ever(file: FileSecrets) -> None:
    await file.put(PATH, VALUE)
    hasty = FileSecrets(file.path, lambda: KEY, patience=0.05)
    with file._alone(), pytest.raises(SecretsUnavailable, match="holds"):
        await hasty.put(PATH, "x")
    assert (await hasty.get(PATH)).value == VALUE


# -- the key --------------------------------------------------------------------------------------


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secrets.key"
    key = key_file(path, strict=True, may_make=lambda: True)
    assert (len(key), stat.S_IMODE(path.stat().st_mode)) == (32, 0o600)
    assert key_file(path, strict=True, may_make=lambda: True) == key


def test_a_key_that_is_gone_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(SecretsDamaged, match="gone"):
        key_file(tmp_path / "secrets.key", strict=False, may_make=lambda: False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused_or_warned_of(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secrets.key"
    key = key_file(path, strict=True, may_make=lambda: True)
    path.chmod(mode)
    with pytest.raises(SecretKeyExposed) as exposed:
        key_file(path, strict=True, may_make=lambda: True)
    assert f"chmod 600 {path}" in (exposed.value.hint or "")
    assert key_file(path, strict=False, may_make=lambda: True) == key


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 32, b"A" * 44 + b"=="])
def test_what_is_no_key_is_not_repeated(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secrets.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SecretsUnavailable) as wrong:
        key_file(path, strict=True, may_make=lambda: True)
    assert not content or repr(content)[2:-1] not in str(wrong.value)


async def test_a_folder_that_cannot_be_made_is_told() -> None:
    with pytest.raises(SecretsUnavailable, match="written"):
        await FileSecrets(Path("/proc/secrets/secrets.json"), lambda: KEY).put(PATH, VALUE)
