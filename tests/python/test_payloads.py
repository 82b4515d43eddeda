# SPDX-License-Identifier: Apache-2.0
"""Documents off the chain: sealed, wrapped, erased, and a folder that never holds half a file."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st
from proof_world import NOTARY, Chain

from chopmark.errors import (
    ChopmarkError,
    PayloadError,
    PayloadMissing,
    PayloadTampered,
    PayloadTooLarge,
    StorageError,
    WrongKey,
)
from chopmark.ledger import Create, commitment
from chopmark.ledger.entries import GrantEntry, Record
from chopmark.ledger.operations import Grant
from chopmark.payloads import (
    DirectoryStore,
    MemoryStore,
    Opened,
    Payloads,
    Store,
    Terms,
    open_wrapped,
    sealing,
    wrapped_hash,
)

RECORD = hashlib.sha256(b"a record").digest()
TERMS = Terms(RECORD, grantee=7, purposes=0x0003)
SECRET = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SECRET.public_key()
DOCUMENT = b"finding: none\n"
SALT = bytes(range(32, 64))
NAME = hashlib.sha256(b"a name").digest()
# Of DOCUMENT and SALT under the content key of 32 zero bytes, and that key for TERMS.
BLOB = (
    "01ee86621e69454d492f67eff896deb337425131f903931c43e99bcfb5493b0bb1bb23df4c242486"
    "416186364a2206b6d3523d803712d388ecd434b43419c3"
)
WRAPPED = (
    "0117f5ebdcc4e8addc2cc0a7b14c914dbc249145dca7287f65dfcad37b29c5153906c5c7f58d9fff"
    "4c7608f33a326e41bbc0ff2677e5da4a3711d3bae09c33cee96f6893f0e235853e3311ca3560edcc"
    "47"
)


@pytest.fixture(params=["memory", "directory"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Store, Store]:
    if request.param == "memory":
        return MemoryStore(), MemoryStore()
    return DirectoryStore(tmp_path / "blobs"), DirectoryStore(tmp_path / "keys")


# --- Documents -----------------------------------------------------------------------------------


def test_from_owner_to_grantee(stores: tuple[Store, Store]) -> None:
    payloads = Payloads(*stores)
    address = payloads.put(DOCUMENT, SALT)
    assert address == commitment(SALT, document=DOCUMENT)
    assert payloads.read(address) == Opened(DOCUMENT, SALT)
    wrapped = payloads.wrap(address, PUBLIC, TERMS)
    assert len(wrapped) == sealing.WRAPPED_BYTES
    assert wrapped_hash(wrapped) == hashlib.sha256(wrapped).digest()
    blob = payloads.blob(address)
    opened = open_wrapped(
        blob, wrapped, SECRET, address, TERMS, granted=hashlib.sha256(wrapped).digest()
    )
    assert opened == Opened(DOCUMENT, SALT)
    assert DOCUMENT not in blob and SALT not in blob
    assert payloads.wrap(address, PUBLIC.public_bytes_raw(), TERMS) != wrapped


@given(document=st.binary(max_size=5000), salt=st.binary(min_size=32, max_size=32),
       grantee=st.integers(0, 2**32 - 1), purposes=st.integers(1, 2**16 - 1))  # fmt: skip
def test_any_document(document: bytes, salt: bytes, grantee: int, purposes: int) -> None:
    payloads = Payloads(MemoryStore(), MemoryStore())
    address = payloads.put(document, salt)
    terms = Terms(RECORD, grantee, purposes)
    wrapped = payloads.wrap(address, PUBLIC, terms)
    opened = open_wrapped(payloads.blob(address), wrapped, SECRET, address, terms)
    assert opened == Opened(document, salt)


def test_salts_are_fresh() -> None:
    payloads = Payloads(MemoryStore(), MemoryStore())
    assert payloads.put(DOCUMENT) != payloads.put(DOCUMENT)


OTHERS: dict[str, tuple[X25519PrivateKey, Terms]] = {
    "another secret key": (X25519PrivateKey.from_private_bytes(bytes(32)), TERMS),
    "another record": (SECRET, Terms(bytes(32), 7, 3)),
    "another grantee": (SECRET, Terms(RECORD, 8, 3)),
    "more purposes": (SECRET, Terms(RECORD, 7, 7)),
}


@pytest.mark.parametrize("other", OTHERS)
def test_wrong_key(other: str) -> None:
    payloads = Payloads(MemoryStore(), MemoryStore())
    address = payloads.put(DOCUMENT, SALT)
    wrapped = payloads.wrap(address, PUBLIC, TERMS)
    secret, terms = OTHERS[other]
    with pytest.raises(WrongKey, match=address.hex()):
        open_wrapped(payloads.blob(address), wrapped, secret, address, terms)


def test_wrapped_key_of_another_document_or_grant() -> None:
    payloads = Payloads(MemoryStore(), MemoryStore())
    first, second = payloads.put(DOCUMENT, SALT), payloads.put(b"another", SALT)
    wrapped = payloads.wrap(first, PUBLIC, TERMS)
    with pytest.raises(WrongKey):
        open_wrapped(payloads.blob(second), wrapped, SECRET, second, TERMS)
    with pytest.raises(WrongKey, match="of the grant"):
        open_wrapped(payloads.blob(first), wrapped, SECRET, first, TERMS, granted=bytes(32))


def test_every_bit_of_wrapped_key_counts() -> None:
    """Also the one that X25519 masks: HPKE hashes the encapsulated key."""
    payloads = Payloads(MemoryStore(), MemoryStore())
    address = payloads.put(DOCUMENT, SALT)
    wrapped = payloads.wrap(address, PUBLIC, TERMS)
    blob = payloads.blob(address)
    for bit in range(8 * len(wrapped)):
        with pytest.raises(WrongKey):
            open_wrapped(blob, flipped(wrapped, bit), SECRET, address, TERMS)
    for size in range(len(wrapped)):
        with pytest.raises(WrongKey):
            open_wrapped(blob, wrapped[:size], SECRET, address, TERMS)


def test_every_bit_of_blob_counts(stores: tuple[Store, Store]) -> None:
    payloads = Payloads(*stores)
    address = payloads.put(DOCUMENT, SALT)
    blob = payloads.blob(address)
    content_key = stores[1].get(address, 32)
    assert content_key is not None
    for bit in range(8 * len(blob)):
        with pytest.raises(PayloadTampered, match=address.hex()):
            sealing.unseal(flipped(blob, bit), content_key, address)
    for size in range(len(blob)):
        with pytest.raises(PayloadTampered):
            sealing.unseal(blob[:size], content_key, address)
    stores[0].put(address, flipped(blob, 100))
    with pytest.raises(PayloadTampered):
        payloads.read(address)


def test_blob_made_by_who_has_the_key() -> None:
    """GCM accepts it; the commitment does not."""
    keys = MemoryStore()
    address = Payloads(MemoryStore(), keys).put(DOCUMENT, SALT)
    content_key = keys.get(address, 32)
    assert content_key is not None
    for salt, document in ((SALT, b"finding: some\n"), (SALT[:10], b"")):
        forged = sealing.seal(document, salt, content_key, address)
        with pytest.raises(PayloadTampered, match="something else"):
            sealing.unseal(forged, content_key, address)


def test_blobs_swapped(stores: tuple[Store, Store]) -> None:
    payloads = Payloads(*stores)
    first, second = payloads.put(b"first", SALT), payloads.put(b"second", SALT)
    stores[0].put(first, payloads.blob(second))
    with pytest.raises(PayloadTampered):
        payloads.read(first)


def test_erased(stores: tuple[Store, Store]) -> None:
    payloads = Payloads(*stores)
    address = payloads.put(DOCUMENT, SALT)
    wrapped = payloads.wrap(address, PUBLIC, TERMS)
    assert payloads.erase(address)
    assert list(stores[0].names()) == list(stores[1].names()) == []
    for read in (payloads.read, payloads.blob, lambda at: payloads.wrap(at, PUBLIC, TERMS)):
        with pytest.raises(PayloadMissing, match=address.hex()):
            read(address)
    assert not payloads.erase(address)
    with pytest.raises(PayloadTampered):
        open_wrapped(b"", wrapped, SECRET, address, TERMS)


def test_a_grant_on_the_ledger() -> None:
    """The whole way: what the ledger holds is all that the grantee needs to trust."""
    chain, payloads = Chain("payloads", 1), Payloads(MemoryStore(), MemoryStore())
    address = payloads.put(DOCUMENT)
    chain.run(Create(RECORD, 0, address))
    terms = Terms(RECORD, NOTARY, 0x0003)
    wrapped = payloads.wrap(address, PUBLIC, terms)
    chain.run(Grant(RECORD, NOTARY, 0x0003, 5, 2**63, wrapped_hash(wrapped)))
    record = chain.node.ledger.get(Record, RECORD)
    grant = chain.node.ledger.get(GrantEntry, RECORD, NOTARY)
    assert record is not None and grant is not None
    said = Terms(RECORD, NOTARY, grant.purposes)
    opened = open_wrapped(
        payloads.blob(address), wrapped, SECRET, record.commitment, said, granted=grant.wrapped
    )
    assert opened.document == DOCUMENT


def test_golden_bytes() -> None:
    """D-2, D-3: the formats do not change."""
    address = commitment(SALT, document=DOCUMENT)
    blob = sealing.seal(DOCUMENT, SALT, bytes(32), address)
    assert blob.hex() == BLOB
    opened = open_wrapped(blob, bytes.fromhex(WRAPPED), SECRET, address, TERMS)
    assert opened == Opened(DOCUMENT, SALT)


class Stops(Exception):
    """The machine stopped."""


class StoppingStore(MemoryStore):
    """Stops before the n-th change."""

    def __init__(self, changes: list[int]) -> None:
        super().__init__()
        self.changes = changes

    def spend(self) -> None:
        if self.changes[0] == 0:
            raise Stops
        self.changes[0] -= 1

    def put(self, name: bytes, data: bytes) -> None:
        self.spend()
        super().put(name, data)

    def delete(self, name: bytes) -> bool:
        self.spend()
        return super().delete(name)


@pytest.mark.parametrize("after", [0, 1])
def test_erase_stops_in_the_middle(after: int) -> None:
    changes = [-1]
    blobs, keys = StoppingStore(changes), StoppingStore(changes)
    payloads = Payloads(blobs, keys)
    address = payloads.put(DOCUMENT, SALT)
    changes[0] = after
    with pytest.raises(Stops):
        payloads.erase(address)
    changes[0] = -1
    if after == 0:
        assert payloads.read(address).document == DOCUMENT
    else:
        with pytest.raises(PayloadMissing):
            payloads.read(address)
    assert payloads.erase(address) and list(blobs.names()) == list(keys.names()) == []


@pytest.mark.parametrize("after", [0, 1])
def test_put_stops_in_the_middle(after: int) -> None:
    changes = [after]
    payloads = Payloads(StoppingStore(changes), StoppingStore(changes))
    with pytest.raises(Stops):
        payloads.put(DOCUMENT, SALT)
    address = commitment(SALT, document=DOCUMENT)
    with pytest.raises(PayloadMissing):
        payloads.read(address)
    changes[0] = -1
    assert payloads.put(DOCUMENT, SALT) == address
    assert payloads.read(address).document == DOCUMENT


def test_put_again_mends_and_keeps_grants(stores: tuple[Store, Store]) -> None:
    payloads = Payloads(*stores)
    address = payloads.put(DOCUMENT, SALT)
    blob, wrapped = payloads.blob(address), payloads.wrap(address, PUBLIC, TERMS)
    stores[0].put(address, b"rotten")
    assert payloads.put(DOCUMENT, SALT) == address
    assert payloads.blob(address) == blob
    assert open_wrapped(blob, wrapped, SECRET, address, TERMS).document == DOCUMENT
    stores[1].put(address, b"short")
    with pytest.raises(PayloadTampered, match="5 bytes, expected 32"):
        payloads.read(address)
    payloads.put(DOCUMENT, SALT)
    assert payloads.read(address).document == DOCUMENT


def test_too_large(monkeypatch: pytest.MonkeyPatch, stores: tuple[Store, Store]) -> None:
    monkeypatch.setattr(sealing, "DOCUMENT_BYTES_MAX", 10)
    payloads = Payloads(*stores)
    payloads.put(bytes(10), SALT)
    with pytest.raises(PayloadTooLarge, match="11 bytes, expected at most 10"):
        payloads.put(bytes(11), SALT)
    assert len(list(stores[0].names())) == len(list(stores[1].names())) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: Terms(bytes(31), 1, 1),
        lambda: Terms(RECORD, -1, 1),
        lambda: Terms(RECORD, 2**32, 1),
        lambda: Terms(RECORD, 1, 0),
        lambda: Terms(RECORD, 1, 2**16),
        lambda: Payloads(MemoryStore(), MemoryStore()).put(DOCUMENT, bytes(31)),
        lambda: sealing.wrap_key(bytes(32), bytes(31), NAME, TERMS),
        lambda: sealing.wrap_key(bytes(32), bytes(32), NAME, TERMS),  # a point of small order
    ],
)
def test_arguments_out_of_range(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        make()


def test_error_tree() -> None:
    for one in (PayloadMissing, PayloadTampered, PayloadTooLarge, WrongKey):
        assert issubclass(one, PayloadError)
    assert issubclass(PayloadError, ChopmarkError) and issubclass(StorageError, ChopmarkError)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# --- The folder ----------------------------------------------------------------------------------


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


Steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "get", "delete", "reopen"]),
        st.integers(0, 3),
        st.binary(max_size=40),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(Steps)
def test_folder_behaves_like_a_dict(steps: list[tuple[str, int, bytes]]) -> None:
    names = [hashlib.sha256(b"%d" % i).digest() for i in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        store, model = DirectoryStore(Path(folder) / "store"), dict[bytes, bytes]()
        for what, which, data in steps:
            name = names[which]
            if what == "put":
                store.put(name, data)
                model[name] = data
            elif what == "get":
                assert store.get(name, 40) == model.get(name)
            elif what == "delete":
                assert store.delete(name) == (model.pop(name, None) is not None)
            else:
                store = DirectoryStore(store.root)
            assert sorted(store.names()) == sorted(model)


def test_modes(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = DirectoryStore(tmp_path / "a" / "store")
        store.put(NAME, b"data")
    finally:
        os.umask(old)
    for path in store.root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert files_below(store.root) == [store.root / NAME.hex()[:2] / NAME.hex()]


def test_folder_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir(mode=0o755)
    with pytest.raises(StorageError, match=r"store has mode 0755, expected 0700"):
        DirectoryStore(tmp_path / "store")


def test_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StorageError, match="cannot be made or read") as raised:
        DirectoryStore(tmp_path / "store")
    assert raised.value.errno == errno.EEXIST and raised.value.path == tmp_path / "store"


@pytest.mark.parametrize("name", [b"", b"..", b"/etc/passwd", b"../" * 20, bytes(33)])
def test_names_of_another_size(tmp_path: Path, name: bytes) -> None:
    store = DirectoryStore(tmp_path / "store")
    with pytest.raises(ValueError, match="32 bytes"):
        store.put(name, b"")
    with pytest.raises(ValueError, match="32 bytes"):
        store.get(name, 1)
    with pytest.raises(ValueError, match="32 bytes"):
        store.delete(name)
    with pytest.raises(ValueError, match="32 bytes"):
        MemoryStore().put(name, b"")


def test_names_that_are_no_bytes(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        DirectoryStore(tmp_path / "store").put("../" * 10 + "..", b"")  # type: ignore[arg-type]


@given(st.binary(min_size=32, max_size=32))
@example(b"../" * 10 + b"..")
def test_any_name_stays_inside(name: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = DirectoryStore(Path(folder) / "store")
        store.put(name, name)
        place = store.root / name.hex()[:2] / name.hex()
        assert files_below(Path(folder)) == [place] and list(store.names()) == [name]


def test_foreign_files_are_passed_over(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    store.put(NAME, b"data")
    (store.root / "README").write_text("not ours")
    (store.root / "00").mkdir()
    (store.root / "00" / NAME.hex()).write_text("misplaced")
    assert list(store.names()) == [NAME]


def test_links_and_folders_in_place_of_files(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    place = store.root / NAME.hex()[:2] / NAME.hex()
    place.parent.mkdir(mode=0o700)
    (tmp_path / "secret").write_bytes(b"secret")
    place.symlink_to(tmp_path / "secret")
    with pytest.raises(StorageError, match="cannot be read"):
        store.get(NAME, 100)
    store.put(NAME, b"data")  # replaces the link, not what it points to
    assert (tmp_path / "secret").read_bytes() == b"secret" and store.get(NAME, 4) == b"data"
    store.delete(NAME)
    os.mkfifo(place)
    with pytest.raises(StorageError, match="no regular file"):
        store.get(NAME, 100)


def test_larger_than_asked(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    store.put(NAME, bytes(100))
    assert store.get(NAME, 100) == bytes(100)
    with pytest.raises(StorageError, match="100 bytes, expected at most 99"):
        store.get(NAME, 99)


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EIO])
def test_disk_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, reason: int
) -> None:
    """The old bytes stay, nothing else is left, and the next attempt succeeds."""
    store = DirectoryStore(tmp_path / "store")
    store.put(NAME, b"old")
    real = os.write

    def fails(*arguments: object) -> int:
        if call == "write" and len(arguments[1]) > 3:  # type: ignore[arg-type]
            return real(arguments[0], arguments[1][:3])  # type: ignore[arg-type, index]
        raise OSError(reason, os.strerror(reason))

    with monkeypatch.context() as patched:
        if call == "replace":
            patched.setattr(Path, "replace", fails)
        else:
            patched.setattr(os, call, fails)
        with pytest.raises(StorageError) as raised:
            store.put(NAME, b"newer data")
    assert raised.value.errno == reason and os.strerror(reason) in str(raised.value)
    assert store.get(NAME, 10) == b"old"
    assert len(files_below(store.root)) == 1
    store.put(NAME, b"newer data")
    assert store.get(NAME, 10) == b"newer data"


def test_short_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DirectoryStore(tmp_path / "store")
    real = os.write
    monkeypatch.setattr(os, "write", lambda to, data: real(to, data[:3]))
    store.put(NAME, bytes(range(100)))
    assert store.get(NAME, 100) == bytes(range(100))


WRITER = """
import itertools, sys
from chopmark.payloads import DirectoryStore
store = DirectoryStore(sys.argv[1])
name = bytes.fromhex(sys.argv[2])
print("ready", flush=True)
for i in itertools.count():
    store.put(name, bytes([i % 256]) * 300_000)
"""


def test_killed_while_writing(tmp_path: Path) -> None:
    """Whatever moment the writer dies at, a reader sees all of one version."""
    store = DirectoryStore(tmp_path / "store")
    store.put(NAME, bytes(300_000))
    for attempt in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), str(store.root), NAME.hex()],
            stdout=subprocess.PIPE,
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.003 * (attempt + 1))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        data = store.get(NAME, 300_000)
        assert data is not None and len(data) == 300_000 and len(set(data)) == 1
    left = len(files_below(store.root)) - 1
    assert store.sweep(3600) == 0 and store.sweep(0) == left
    assert len(files_below(store.root)) == 1
