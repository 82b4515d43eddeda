# SPDX-License-Identifier: Apache-2.0
"""The journal on files: what is durable when, one user at a time, and no second try after a failure
(docs/spec/consensus.md, B-60 to B-64).
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_folder import Crash, FakeFolder, Lost, crash_at, fail_at

from chopmark.errors import JournalError, StorageError
from chopmark.node.journal import DiskFolder, FileJournal, MemoryJournal

LOGS = [b"first log", b"second log, longer"]
FENCES = [b"fence 1", b"fence 2"]


def filled(journal: FileJournal) -> None:
    """A checkpoint, records in two groups, another checkpoint, a record."""
    journal.replace(LOGS[0], FENCES[0])
    journal.append(b"a")
    journal.append(b"b")
    journal.sync()
    journal.append(b"c")
    journal.sync()
    journal.replace(LOGS[1], FENCES[1])
    journal.append(b"d")
    journal.sync()


def operations() -> list[str]:
    folder = FakeFolder()
    filled(FileJournal(folder))
    return folder.calls


def test_what_is_done_in_which_order() -> None:
    replaced = [
        "write log.new", "sync log.new", "rename log", "sync names",
        "write fence.new", "sync fence.new", "rename fence", "sync names",
    ]  # fmt: skip
    record = ["append log", "sync log"]
    assert operations() == [*replaced, *record, *record, *replaced, *record]


def test_a_group_is_one_write_and_one_sync() -> None:
    folder = FakeFolder()
    journal = FileJournal(folder)
    journal.replace(b"", b"")
    folder.calls.clear()
    for i in range(1000):
        journal.append(b"%d" % i)
    journal.sync()
    journal.sync()
    assert folder.calls == ["append log", "sync log"]


@pytest.mark.parametrize("lost", Lost)
@pytest.mark.parametrize("number", range(len(operations())))
def test_after_a_crash_anywhere_log_and_fence_fit(number: int, lost: Lost) -> None:
    """What was synced is there, and no fence without its log."""
    folder = FakeFolder()
    folder.before = crash_at(number)
    with pytest.raises(Crash):
        filled(FileJournal(folder))
    log, fence = FileJournal(FakeFolder(folder.after_crash(lost))).read()
    done = folder.calls[:-1]
    if fence == FENCES[1]:
        assert log is not None and log.startswith(LOGS[1])
    if fence == FENCES[0]:
        assert log is not None
    synced = done.count("sync log")
    assert synced == 0 or log is not None
    if log is not None and synced < 3:
        assert log.startswith(LOGS[0] + b"abc"[: synced + (synced > 0)]) or log.startswith(LOGS[1])
    if synced == 3:
        assert log == LOGS[1] + b"d"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("number", range(len(operations())))
def test_nothing_more_is_tried_after_a_failure(number: int, code: int) -> None:
    folder = FakeFolder()
    folder.before = fail_at(number, code)
    journal = FileJournal(folder)
    with pytest.raises(JournalError) as caught:
        filled(journal)
    assert caught.value.errno == code and isinstance(caught.value, StorageError)
    calls = len(folder.calls)
    attempts: list[Callable[[], object]] = [
        journal.sync, journal.read, lambda: journal.append(b"x"), lambda: journal.replace(b"", b""),
    ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(JournalError, match="before"):
            attempt()
    assert len(folder.calls) == calls


def test_unreadable_journal_is_not_taken_for_a_missing_one() -> None:
    folder = FakeFolder({"log": b"log"})
    folder.before = fail_at(0, errno.EIO)
    with pytest.raises(JournalError):
        FileJournal(folder).read()


def test_checkpoint_over_unsynced_records_is_refused() -> None:
    journal = FileJournal(FakeFolder())
    journal.replace(b"", b"")
    journal.append(b"x")
    with pytest.raises(JournalError, match="not synced"):
        journal.replace(b"", b"")


# --- Real files ----------------------------------------------------------------------------------


def test_on_disk(tmp_path: Path) -> None:
    place = tmp_path / "journal"
    folder = DiskFolder(place)
    journal = FileJournal(folder)
    assert journal.read() == (None, None)
    filled(journal)
    assert sorted(one.name for one in place.iterdir()) == ["fence", "lock", "log"]
    assert {one.stat().st_mode & 0o777 for one in place.iterdir()} == {0o600}
    assert place.stat().st_mode & 0o777 == 0o700
    folder.close()
    again = DiskFolder(place)
    journal = FileJournal(again)
    assert journal.read() == (LOGS[1] + b"d", FENCES[1])
    journal.append(b"e")
    journal.sync()
    assert (place / "log").read_bytes() == LOGS[1] + b"de"
    again.close()


def test_leftovers_of_a_crash_are_written_over(tmp_path: Path) -> None:
    for name in ("log.new", "fence.new"):
        (tmp_path / name).write_bytes(b"much longer than what comes" * 9)
    folder = DiskFolder(tmp_path)
    FileJournal(folder).replace(LOGS[0], FENCES[0])
    assert (tmp_path / "log").read_bytes() == LOGS[0]
    assert (tmp_path / "fence").read_bytes() == FENCES[0]
    folder.close()


def test_only_one_at_a_time(tmp_path: Path) -> None:
    """Threat 40: two processes with one key."""
    folder = DiskFolder(tmp_path)
    with pytest.raises(JournalError, match="another process"):
        DiskFolder(tmp_path)
    program = (
        "import sys, pathlib\n"
        "from chopmark.node.journal import DiskFolder, JournalError\n"
        "try: DiskFolder(pathlib.Path(sys.argv[1]))\n"
        "except JournalError: sys.exit(7)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    assert subprocess.run(command, check=False, timeout=60).returncode == 7
    folder.close()
    assert subprocess.run(command, check=False, timeout=60).returncode == 0
    DiskFolder(tmp_path).close()


def test_short_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = DiskFolder(tmp_path)
    journal = FileJournal(folder)
    journal.replace(b"log", b"fence")
    original = os.write
    monkeypatch.setattr(os, "write", lambda file, data: original(file, bytes(data)[:3]))
    journal.append(b"0123456789")
    journal.sync()
    assert (tmp_path / "log").read_bytes() == b"log0123456789"
    folder.close()


def test_append_to_a_log_that_is_gone_fails(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path)
    journal = FileJournal(folder)
    journal.append(b"x")
    with pytest.raises(JournalError) as caught:
        journal.sync()
    assert caught.value.errno == errno.ENOENT
    folder.close()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(JournalError):
        DiskFolder(tmp_path / "file" / "journal")
    with pytest.raises(JournalError):
        DiskFolder(tmp_path / "missing" / "journal")


def test_syncs_reach_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sync of the protocol is one of the system, on the file or folder that it means."""
    synced: list[str] = []
    original = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(
            str(Path(f"/proc/self/fd/{descriptor}").readlink()).removeprefix(str(tmp_path))
        )
        original(descriptor)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")
    folder = DiskFolder(tmp_path)
    monkeypatch.setattr(os, "fsync", fsync)
    filled(FileJournal(folder))
    replaced = ["/log.new", "", "/fence.new", ""]
    assert synced == [*replaced, "/log", "/log", *replaced, "/log"]
    folder.close()


def test_memory_journal_counts() -> None:
    journal = MemoryJournal()
    assert journal.read() == (None, None)
    journal.replace(b"log", b"fence")
    journal.append(b"abc")
    journal.sync()
    assert (journal.checkpoints, journal.records, journal.bytes) == (1, 1, 3)
