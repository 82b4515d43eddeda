# SPDX-License-Identifier: Apache-2.0
"""Stand-alone verifier of proof files: one file, standard library only.

    python3 -I -S proof_file.py PROOF --chain-id HEX [--document FILE] [--kind KIND] [--about HEX]

A proof file (JSON or CBOR, docs/spec/proof.md P-1..P-22) shows one fact about one chain, under a
header that a quorum of that chain's validators finalized: a transaction with its result; version
and status of a record at a height; that an entry is absent there; that a key or a role is valid
there. With `--document`, also that exactly this document was recorded. The chain id is the trust
anchor and must come from elsewhere: it is the SHA-256 of the genesis, which names the validators.

In this order: Ed25519; BLAKE3; encodings of the chain (genesis, header, transaction); entries of
the state and their proofs; headers and their finality; the file in JSON and CBOR; what each kind
proves; the program. `verify` is the way in. It is long so that whoever doubts has one file to read
and carry.

Exit status: 0 proven; 1 not proven, a transaction that failed (unless `--allow-refused`), or a
record that is withdrawn or erased (unless `--allow-inactive`); 2 wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import struct
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

PROOF_BYTES_MAX = 1 << 20
HEADERS_MAX = 64
ITEMS_MAX = 64  # of a list or map in the file
DEPTH_MAX = 4
ID_BYTES_MAX = 64
ENTRY_BYTES_MAX = 1156  # L-27
STATE_PROOF_BYTES_MAX = 8289  # ST-21
NEVER = 2**64 - 1
COMMON = {"format", "version", "kind", "genesis", "state", "entries"}
FIELDS = {  # kind -> its own fields, and those that may be absent (P-1)
    "transaction": ({"transaction", "result", "log_index", "inclusion", "block"}, {"opening"}),
    "record": (set[str](), {"opening"}),
    "key": (set[str](), set[str]()),
    "role": (set[str](), set[str]()),
    "entry": (set[str](), set[str]()),
    "absence": (set[str](), set[str]()),
}
RESULT_NAMES = {  # docs/spec/ledger.md L-31
    1: "ROLE_DENIED",
    2: "DUPLICATE_ID",
    3: "UNKNOWN_RECORD",
    4: "NOT_CONTROLLER",
    5: "MISSING_REF",
    6: "VERSION_CONFLICT",
    7: "WITHDRAWN",
    8: "STALE_VERSION",
    9: "FROZEN",
    10: "THRESHOLD",
    11: "UNKNOWN_MEMBER",
    12: "CONFLICT",
    13: "LAST_VALIDATOR",
    14: "KEY_UNKNOWN",
    15: "KEY_REVOKED",
    16: "KEY_REUSED",
    17: "BAD_POSSESSION",
    18: "LAST_KEY",
    19: "LIMIT",
    20: "SCHEMA",
    21: "DUPLICATE_BACKING",
    22: "BACKING_LIVE",
    23: "HOLD",
    24: "TOO_EARLY",
    25: "EXPIRED",
    26: "NO_GRANT",
    27: "EXHAUSTED",
    28: "PURPOSE",
    29: "TEMPLATE",
    30: "UNKNOWN_CASE",
    31: "BAD_STATE",
    32: "DEADLINE",
    33: "CLASS",
    34: "SUPPLY",
    35: "NOT_ALLOWED",
    36: "CAP",
    37: "NOT_HOLDER",
    38: "LOCKED",
    39: "INSUFFICIENT",
    40: "UNKNOWN_LOCK",
    41: "DONE",
    42: "COND_UNMET",
    43: "NOT_PARTY",
}
TEXT_FIELDS = {"format", "kind"}  # in JSON, all other strings are bytes in hexadecimal


class Refused(Exception):
    """The file proves nothing; the message says which check failed."""


def require(condition: bool, message: str) -> None:
    if not condition:
        raise Refused(message)


# --- Ed25519, rule zip215 (docs/spec/signatures.md) ----------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with T = X Y / Z
IDENTITY: Point = (0, 1, 1, 0)


def point_add(a: Point, b: Point) -> Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    x, y, z, t = f - e, h - g, h + g, f + e
    return x * y % P, z * t % P, y * z % P, x * t % P


def point_negate(a: Point) -> Point:
    return -a[0] % P, a[1], a[2], -a[3] % P


def point_multiply(scalar: int, point: Point) -> Point:
    total = IDENTITY
    for bit in bin(scalar)[2:]:
        total = point_add(total, total)
        if bit == "1":
            total = point_add(total, point)
    return total


def decompress(encoded: bytes) -> Point | None:
    """ZIP-215: y is taken modulo p, and x = 0 with the sign bit set is accepted."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y % 2**255 % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * SQRT_M1 % P
    if v * x * x % P != u:
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


BASE = decompress((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signature_is_valid(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """8 (s B - k A - R) = 0."""
    r_bytes, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, r = decompress(public_key), decompress(r_bytes)
    if a is None or r is None or s >= L or BASE is None:
        return False
    k = int.from_bytes(hashlib.sha512(r_bytes + public_key + message).digest(), "little") % L
    total = point_add(point_multiply(s, BASE), point_negate(point_multiply(k, a)))
    total = point_multiply(8, point_add(total, point_negate(r)))
    return total[0] == 0 and (total[1] - total[2]) % P == 0


# --- BLAKE3, hash and keyed hash (the paper of BLAKE3, section 2) ---------------------------------

CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED = 1, 2, 4, 8, 16
BLAKE_IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
SHUFFLE = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
QUARTERS = (  # four columns, then four diagonals
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
LEAF_KEY = b"chopmark state tree leaf v1".ljust(32, b"\0")  # ST-4
NODE_KEY = b"chopmark state tree node v1".ljust(31, b"\0")  # ST-5, and the depth


def compress(
    chain: Sequence[int], block: bytes, size: int, counter: int, flags: int
) -> tuple[int, ...]:
    words = struct.unpack("<16I", block.ljust(64, b"\0"))
    v = [*chain, *BLAKE_IV[:4], counter & 0xFFFFFFFF, counter >> 32, size, flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(QUARTERS):
            for word, turn, right in ((words[2 * i], 16, 12), (words[2 * i + 1], 8, 7)):
                v[a] = (v[a] + v[b] + word) & 0xFFFFFFFF
                mixed = v[d] ^ v[a]
                v[d] = (mixed >> turn | mixed << 32 - turn) & 0xFFFFFFFF
                v[c] = (v[c] + v[d]) & 0xFFFFFFFF
                mixed = v[b] ^ v[c]
                v[b] = (mixed >> right | mixed << 32 - right) & 0xFFFFFFFF
        words = tuple(words[i] for i in SHUFFLE)
    return tuple(v[i] ^ v[i + 8] for i in range(8))


def blake3(data: bytes, key: bytes | None = None) -> bytes:
    """32 bytes. The tree by its definition: to the left the largest power of two of chunks."""
    start = BLAKE_IV if key is None else struct.unpack("<8I", key)
    mode = 0 if key is None else KEYED

    def chunk(part: bytes, number: int, root: int) -> tuple[int, ...]:
        chain: tuple[int, ...] = tuple(start)
        last = max(0, len(part) - 1) // 64
        for i in range(last + 1):
            block = part[64 * i : 64 * i + 64]
            ends = (CHUNK_START if i == 0 else 0) | (CHUNK_END | root if i == last else 0)
            chain = compress(chain, block, len(block), number, mode | ends)
        return chain

    def subtree(part: bytes, number: int, root: int) -> tuple[int, ...]:
        if len(part) <= 1024:
            return chunk(part, number, root)
        left = 1 << ((len(part) - 1) // 1024).bit_length() - 1
        below = subtree(part[: 1024 * left], number, 0)
        below += subtree(part[1024 * left :], number + left, 0)
        return compress(start, struct.pack("<16I", *below), 64, 0, mode | PARENT | root)

    return struct.pack("<8I", *subtree(data, 0, ROOT))


# --- Encodings (docs/spec/codec.md) --------------------------------------------------------------


class Reader:
    """Reads big-endian fields in order; refuses what is too short or too long."""

    def __init__(self, data: bytes, what: str) -> None:
        self.data, self.at, self.what = data, 0, what

    def take(self, size: int) -> bytes:
        require(self.at + size <= len(self.data), f"the {self.what} is cut short")
        self.at += size
        return self.data[self.at - size : self.at]

    def uint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def tag(self, *expected: int) -> None:
        for value in expected:
            require(self.uint(1) == value, f"the {self.what} has an unknown tag, version or suite")

    def finish(self) -> None:
        require(self.at == len(self.data), f"the {self.what} has bytes left over")


@dataclass(frozen=True)
class Genesis:
    chain_id: bytes
    name: str
    validators: list[bytes]


def name_of(data: bytes, what: str) -> str:
    """C-11. Other characters could deceive whoever reads what is printed."""
    require(re.fullmatch(rb"[a-z0-9.-]{1,64}", data) is not None, f"the {what} has no valid name")
    return data.decode("ascii")


def parse_genesis(data: bytes) -> Genesis:
    """What the checks need, and all the rest for its form."""
    reader = Reader(data, "genesis")
    reader.tag(0x40, 2, 1)
    name = name_of(reader.take(reader.uint(1)), "chain")
    reader.uint(8)
    validators = [reader.take(32) for _ in range(reader.uint(1))]
    require(0 < len(validators) <= 32, "the genesis must name 1 to 32 validators")
    require(len(set(validators)) == len(validators), "the genesis names a validator twice")
    for _ in range(reader.uint(4)):
        reader.uint(4)  # member
        reader.take(reader.uint(1))  # name
        reader.take(37 * reader.uint(1))  # keys
        reader.take(4 * reader.uint(1))  # roles
    reader.take(1)  # the council's threshold
    reader.take(4 * reader.uint(1))
    reader.finish()
    return Genesis(hashlib.sha256(data).digest(), name, validators)


@dataclass(frozen=True)
class Header:
    digest: bytes
    chain_id: bytes
    epoch: int
    view: int
    height: int
    parent_digest: bytes
    state_root: bytes
    log_size: int
    log_root: bytes
    time_ms: int


def parse_header(data: bytes) -> Header:
    reader = Reader(data, "header")
    reader.tag(0x20, 1)
    chain_id, epoch, view, height = reader.take(32), reader.uint(8), reader.uint(8), reader.uint(8)
    reader.take(8)  # parent view
    parent_digest = reader.take(32)
    reader.take(2 + 32 + 4 + 2 + 2)  # leader, payload, shards
    state_root, log_size, log_root = reader.take(32), reader.uint(8), reader.take(32)
    reader.take(32 + 32)  # next validator set, justification
    time_ms = reader.uint(8)
    reader.finish()
    digest = hashlib.sha256(data).digest()
    return Header(digest, chain_id, epoch, view, height, parent_digest, state_root, log_size,
                  log_root, time_ms)  # fmt: skip


@dataclass(frozen=True)
class Transaction:
    chain_id: bytes
    body: bytes
    signers: list[tuple[int, int]]
    operations: list[tuple[int, int, bytes]]  # code, acting signer, body
    signatures: list[bytes]

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.body).digest()


def parse_transaction(data: bytes) -> Transaction:
    reader = Reader(data, "transaction")
    reader.tag(0x30, 1, 1)
    chain_id = reader.take(32)
    reader.take(2 + 8 + 16)  # field, valid_until, salt
    signers = [(reader.uint(4), reader.uint(4)) for _ in range(reader.uint(1))]
    require(bool(signers), "a transaction has at least one signer")
    operations = []
    for _ in range(reader.uint(1)):
        code, actor = reader.uint(1), reader.uint(1)
        require(actor < len(signers), "an operation names a signer that is not there")
        operations.append((code, actor, reader.take(reader.uint(2))))
    body = data[: reader.at]
    signatures = [reader.take(64) for _ in signers]
    reader.finish()
    return Transaction(chain_id, body, signers, operations, signatures)


# --- Entries of the state (docs/spec/ledger.md L-24 to L-27, L-82 to L-94) ------------------------

# kind -> name, what identifies it, what stands in it. Sizes in bytes: a number, or with x for bytes
# that are shown in hexadecimal; * for all the rest.
ENTRIES = {
    0x01: ("member", "member:4",
           "member:4 status:1 since:8 admitted:8 keys:1 admin_keys:1 name_length:1 name:64x"),
    0x02: ("record", "record:32x",
           "status:1 hold:1 hold_height:8 controller:4 field:2 schema:2 version:4 height:8 "
           "backings:4 retention:8 commitment:32x nullifier:32x"),
    0x03: ("attestation", "signer:4 target_kind:1 target:32x target_version:4 claim:1",
           "times:4 height:8 field:2 detail:32x"),
    0x04: ("key", "member:4 key:4",
           "member:4 key:4 flags:1 public_key:32x from:8 until:8 compromised_since:8"),
    0x05: ("public key", "public_key:32x", "member:4 key:4"),
    0x06: ("role", "member:4 field:2", "member:4 field:2 roles:2 since:8"),
    0x07: ("governance", "",
           "threshold:1 council_count:1 council:64x members:4 grant_ms_max:8 lock_ms_max:8"),
    0x08: ("validators", "", "since:8 count:1 public_keys:*"),
    0x09: ("schema", "schema:2", "status:1 since:8 definition:39x"),
    0x0A: ("template", "template:2", "status:1 since:8 definition:*"),
    0x0B: ("class", "class:4", "status:1 since:8 definition:75x"),
    0x0C: ("nullifier", "schema:2 nullifier:32x", "count:4 live:4 record:32x"),
    0x0D: ("grant", "record:32x grantee:4",
           "status:1 granter:4 purposes:2 times:4 uses:4 used:8 expires:8 height:8 wrapped:32x"),
    0x0E: ("case", "case:32x",
           "hold:1 hold_height:8 template:2 field:2 state:1 steps:4 deadline:8 height:8 "
           "subject:32x party_count:1 parties:32x"),
    0x0F: ("totals", "class:4", "issued:8 redeemed:8 holders:4"),
    0x10: ("backing", "class:4 lot:32x", "issuer:4 amount:8 live:8 height:8 record:32x"),
    0x11: ("holding", "class:4 lot:32x member:4",
           "hold:1 hold_height:8 free:8 locked:8 expires:8"),
    0x12: ("lock", "lock:32x",
           "status:1 hold:1 hold_height:8 class:4 lot:32x owner:4 beneficiary:4 amount:8 "
           "deadline:8 expires:8 condition:1 subject:32x state:1 height:8"),
}  # fmt: skip
STATUS = {
    "member": ("active", "frozen", "expelled"),
    "record": ("active", "withdrawn", "erased"),
    "grant": ("given", "revoked"),
    "lock": ("open", "settled", "refunded"),
    "schema": ("in force", "retired"),
    "template": ("in force", "retired"),
    "class": ("in force", "retired"),
}
ROLES = ("record", "attest", "inspect", "approve", "notarise", "handle", "decide", "issue", "hold",
         "supervise", "trade", "emergency")  # fmt: skip
ACTIVE, EXPELLED = 1, 3
Values = dict[str, Any]


def read_layout(data: bytes, layout: str, what: str) -> Values:
    """Each field of the layout by its name: a number, or bytes."""
    reader = Reader(data, what)
    values: Values = {}
    for part in layout.split():
        name, size = part.split(":")
        if size == "*":
            values[name] = reader.take(len(data) - reader.at)
        elif size.endswith("x"):
            values[name] = reader.take(int(size[:-1]))
        else:
            values[name] = reader.uint(int(size))
    reader.finish()
    return values


@dataclass(frozen=True)
class Entry:
    """An entry of the state, or the absence of one (`values` is None)."""

    kind: str
    id: bytes  # without the kind byte in front
    identity: Values
    values: Values | None

    def status(self) -> str:
        """The word for `status` of an entry that has one."""
        assert self.values is not None
        place, words = int(self.values["status"]), STATUS[self.kind]
        require(0 < place <= len(words), f"the {self.kind} has an unknown status")
        return words[place - 1]


def read_entry(preimage: bytes, data: bytes) -> Entry:
    """From what its key is the hash of, and its bytes, empty for none."""
    require(preimage[:1] != b"" and preimage[0] in ENTRIES, "an entry is of an unknown kind")
    name, identity_layout, layout = ENTRIES[preimage[0]]
    identity = read_layout(preimage[1:], identity_layout, f"id of a {name}")
    if not data:
        return Entry(name, preimage[1:], identity, None)
    require(data[:2] == bytes([preimage[0], 1]), f"the {name} has another kind or version")
    return Entry(name, preimage[1:], identity, read_layout(data[2:], layout, name))


def way_root(key: bytes, value: bytes, depths: list[int], beside: bytes) -> bytes:
    """ST-22: the root that the leaf of this entry and what stands beside its way lead to."""
    root = blake3(key + value, LEAF_KEY)
    for i, depth in enumerate(reversed(depths)):
        other = beside[32 * i : 32 * i + 32]
        right = bit_of(key, depth)
        root = blake3(other + root if right else root + other, NODE_KEY + bytes([depth]))
    return root


def bit_of(key: bytes, depth: int) -> int:
    return key[depth // 8] >> 7 - depth % 8 & 1


def check_entry(preimage: bytes, data: bytes, proof: bytes, root: bytes) -> None:
    """ST-20 to ST-24: the entry stands in the state with this root; or, empty, none does."""
    key = blake3(preimage)
    if not data and proof == b"\0":
        require(root == bytes(32), "the state is not empty")
        return
    front = 33 if data else 97
    require(len(proof) >= front, "a state proof is too short")
    require(
        proof[0] == (1 if data else 2), "a state proof is of presence, not absence, or reversed"
    )
    depths = [depth for depth in range(256) if bit_of(proof[1:33], depth)]
    require(len(proof) == front + 32 * len(depths), "a state proof has the wrong length")
    if data:
        found, value = key, blake3(data)
    else:
        found, value = proof[33:65], proof[65:97]
        require(found != key, "the state proof of absence shows the entry itself")
        on_way = all(bit_of(found, depth) == bit_of(key, depth) for depth in depths)
        require(on_way, "the state proof of absence is of another place")
    same = way_root(found, value, depths, proof[front:]) == root
    require(same, "an entry is not in the state of this header")


# --- Headers and their finality -------------------------------------------------------------------


@dataclass(frozen=True)
class Final:
    """Headers one after the other, the last of which validators finalized."""

    headers: list[Header]
    signers: list[int]
    signatures: list[bytes]
    vote: bytes

    @property
    def first(self) -> Header:
        return self.headers[0]


def check_links(headers: list[Header], chain_id: bytes) -> None:
    """P-4."""
    require(0 < len(headers) <= HEADERS_MAX, f"there must be 1 to {HEADERS_MAX} headers")
    for header in headers:
        require(header.chain_id == chain_id, "the header is of another chain")
    for before, after in pairwise(headers):
        linked = (after.parent_digest, after.height) == (before.digest, before.height + 1)
        require(linked, "a header is not the parent of the one behind it")


def read_certificate(data: bytes, headers: list[Header], n: int) -> Final:
    """P-5: a finalization of exactly the last header. Signatures are checked at the end."""
    header = headers[-1]
    quorum = n - (n - 1) // 3
    reader = Reader(data, "certificate")
    require(reader.uint(1) == 0x12, "the certificate is not a finalization")
    epoch, view, digest = reader.uint(8), reader.uint(8), reader.take(32)
    same = (epoch, view, digest) == (header.epoch, header.view, header.digest)
    require(same, "the certificate is for another block than this header")
    require(reader.uint(1) == (n + 7) // 8, "the certificate's bitmap has the wrong size")
    bitmap = int.from_bytes(reader.take((n + 7) // 8), "little")
    require(bitmap < 1 << n, "the certificate names a validator that is not there")
    signers = [i for i in range(n) if bitmap >> i & 1]
    require(len(signers) >= quorum, f"{len(signers)} signatures are fewer than a quorum ({quorum})")
    signatures = [reader.take(64) for _ in signers]
    reader.finish()
    vote = b"\x12" + header.chain_id + epoch.to_bytes(8, "big") + view.to_bytes(8, "big") + digest
    return Final(headers, signers, signatures, vote)


def read_final(fields: Values, genesis: Genesis) -> Final:
    headers = [parse_header(data) for data in fields["headers"]]
    check_links(headers, genesis.chain_id)
    return read_certificate(fields["certificate"], headers, len(genesis.validators))


def check_quorum(final: Final, validators: list[bytes]) -> None:
    """P-6."""
    for i, signature in zip(final.signers, final.signatures, strict=True):
        valid = signature_is_valid(validators[i], signature, final.vote)
        require(valid, f"the signature of validator {i} does not verify")


def check_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2, with SHA-256."""
    require(0 <= index < size, "the log index is not below the log size of the header")
    node = hashlib.sha256(b"\x00" + leaf).digest()
    fn, sn = index, size - 1
    for step in path:
        require(sn != 0, "the inclusion proof is too long")
        if fn & 1 or fn == sn:
            node = hashlib.sha256(b"\x01" + step + node).digest()
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + step).digest()
        fn, sn = fn >> 1, sn >> 1
    require(sn == 0, "the inclusion proof is too short")
    require(node == root, "the transaction and its result are not in the log of this header")


# --- The file (P-1, P-2) --------------------------------------------------------------------------


def read_cbor(data: bytes) -> Any:
    """One item of CBOR in its deterministic encoding (RFC 8949 section 4.2.1).

    Numbers, byte strings, texts, arrays and maps with texts as keys, and nothing else.
    """
    reader = Reader(data, "proof file")

    def head() -> tuple[int, int]:
        first = reader.uint(1)
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        require(info < 28, "the proof file has a CBOR length that is none or indefinite")
        size = 1 << info - 24
        value = reader.uint(size)
        smallest = 24 if size == 1 else 1 << 4 * size
        require(value >= smallest, "the proof file has a CBOR number that is longer than needed")
        return major, value

    def item(depth: int) -> Any:
        major, value = head()
        if major == 0:
            return value
        if major == 2:
            return reader.take(value)
        if major == 3:
            try:
                return reader.take(value).decode("utf-8")
            except UnicodeDecodeError:
                raise Refused("the proof file has a text that is no UTF-8") from None
        require(major in (4, 5), "the proof file has a CBOR item of a type that it must not have")
        require(
            depth < DEPTH_MAX and value <= ITEMS_MAX, "the proof file is nested too deep or wide"
        )
        if major == 4:
            return [item(depth + 1) for _ in range(value)]
        return mapping(value, depth + 1)

    def mapping(count: int, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        before = b""
        for _ in range(count):
            start = reader.at
            name = item(DEPTH_MAX)
            require(isinstance(name, str), "the proof file has a CBOR key that is no text")
            encoded = data[start : reader.at]
            require(encoded > before, "the proof file gives a field twice or out of order")
            before = encoded
            fields[name] = item(depth)
        return fields

    made = item(0)
    reader.finish()
    return made


def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    require(len(made) == len(pairs), "the proof file gives a field twice")
    return made


def whole(digits: str) -> int:
    require(len(digits) <= 20 and digits[:1] != "-", "the proof file has a number out of range")
    return int(digits)


def no_number(text: str) -> None:
    raise Refused("the proof file has a number that is not whole")


def from_hex(value: str, what: str) -> bytes:
    ok = re.fullmatch(r"(?:[0-9a-f]{2})*", value) is not None
    require(ok, f"{what} must be lower-case hexadecimal")
    return bytes.fromhex(value)


def without_hex(value: Any, name: str) -> Any:
    """The same content as CBOR would give it: bytes instead of hexadecimal."""
    if isinstance(value, dict):
        return {key: without_hex(below, key) for key, below in value.items()}
    if isinstance(value, list):
        require(len(value) <= ITEMS_MAX, "the proof file is nested too deep or wide")
        return [without_hex(below, name) for below in value]
    return from_hex(value, name) if isinstance(value, str) and name not in TEXT_FIELDS else value


def read_json(data: bytes) -> Any:
    depth = 0
    for found in re.finditer(rb"[\[\]{}]", data):  # none of them stands in a string of a valid file
        depth += 1 if found[0] in b"[{" else -1
        require(depth <= DEPTH_MAX, "the proof file is nested too deep or wide")
    try:
        text = data.decode("utf-8")
        raw = json.loads(text, object_pairs_hook=no_duplicates, parse_int=whole,
                         parse_float=no_number, parse_constant=no_number)  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise Refused(f"the proof file is not JSON: {error}") from None
    return without_hex(raw, "")


def binary(value: object, what: str, size: int | None = None, most: int = PROOF_BYTES_MAX) -> bytes:
    require(isinstance(value, bytes), f"{what} must be bytes")
    assert isinstance(value, bytes)
    require(size is None or len(value) == size, f"{what} must have {size} bytes")
    require(len(value) <= most, f"{what} must have at most {most} bytes")
    return value


def uint(value: object, what: str, limit: int) -> int:
    ok = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < limit
    require(ok, f"{what} must be a whole number below {limit}")
    assert isinstance(value, int)
    return value


def members_of(value: object, what: str, names: set[str], optional: Collection[str] = ()) -> Values:
    """A map with exactly these fields."""
    require(isinstance(value, dict), f"{what} has the wrong shape")
    assert isinstance(value, dict)
    require(set(value) <= names.union(optional), f"{what} has unknown fields")
    missing = sorted(names - set(value))
    require(not missing, f"{what} lacks {', '.join(missing)}")
    return value


def list_of(value: object, what: str, most: int, least: int = 0) -> list[Any]:
    ok = isinstance(value, list) and least <= len(value) <= most
    require(ok, f"{what} must be a list of {least} to {most}")
    assert isinstance(value, list)
    return value


def read_fields(data: bytes) -> Values:
    """The fields of a proof file, each of the right type, and no other."""
    require(len(data) <= PROOF_BYTES_MAX, f"a proof file has at most {PROOF_BYTES_MAX} bytes")
    raw = read_cbor(data) if 0xA0 <= int.from_bytes(data[:1], "big") <= 0xBB else read_json(data)
    require(isinstance(raw, dict), "the proof file is no map of fields")
    missing = sorted({"format", "version", "kind"} - set(raw))
    require(not missing, f"the proof file lacks {', '.join(missing)}")
    require(raw["format"] == "chopmark-proof", "this is not a chopmark proof file")
    version = uint(raw["version"], "version", 1 << 16)
    require(version == 2, "this verifier knows version 2 of the format only")
    kind = raw["kind"]
    require(isinstance(kind, str) and kind in FIELDS, "the proof is of an unknown kind")
    own, optional = FIELDS[kind]
    members_of(raw, "the proof file", COMMON | own, optional)
    fields: Values = {"kind": kind, "genesis": binary(raw["genesis"], "genesis")}
    fields["state"] = read_final_fields(raw["state"], "state")
    fields["entries"] = [
        read_entry_fields(entry) for entry in list_of(raw["entries"], "entries", 32, 1)
    ]
    if kind == "transaction":
        fields |= read_transaction_fields(raw)
    if "opening" in raw:
        fields["opening"] = read_opening(raw["opening"], kind)
    return fields


def read_final_fields(raw: object, what: str) -> Values:
    found = members_of(raw, what, {"headers", "certificate"})
    headers = list_of(found["headers"], f"{what}.headers", HEADERS_MAX, 1)
    return {
        "headers": [binary(header, f"a header of {what}") for header in headers],
        "certificate": binary(found["certificate"], f"{what}.certificate"),
    }


def read_entry_fields(raw: object) -> tuple[bytes, bytes, bytes]:
    found = members_of(raw, "an entry", {"id", "entry", "proof"})
    return (
        binary(found["id"], "id of an entry", most=ID_BYTES_MAX),
        binary(found["entry"], "bytes of an entry", most=ENTRY_BYTES_MAX),
        binary(found["proof"], "proof of an entry", most=STATE_PROOF_BYTES_MAX),
    )


def read_transaction_fields(raw: Values) -> Values:
    result = members_of(raw["result"], "result", {"code", "failing_op"})
    return {
        "transaction": binary(raw["transaction"], "transaction"),
        "code": uint(result["code"], "result.code", 1 << 16),
        "failing_op": uint(result["failing_op"], "result.failing_op", 1 << 8),
        "log_index": uint(raw["log_index"], "log_index", 1 << 63),
        "inclusion": [
            binary(step, "a step of inclusion", 32)
            for step in list_of(raw["inclusion"], "inclusion", 64)
        ],
        "block": read_final_fields(raw["block"], "block"),
    }


def read_opening(raw: object, kind: str) -> Values:
    names = {"operation", "salt"} if kind == "transaction" else {"salt"}
    found = members_of(raw, "opening", names)
    made: Values = {"salt": binary(found["salt"], "opening.salt", 32)}
    if kind == "transaction":
        made["operation"] = uint(found["operation"], "opening.operation", 64)
    return made


# --- What is proven -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proven:
    """What a proof file proves. `success` is false for what is proven but no good news: a
    transaction that failed, a record that is withdrawn or erased.
    """

    kind: str
    success: bool
    headline: str
    facts: list[tuple[str, str]]  # label and value, in plain words
    about: bytes  # id of the transaction or entry (P-20)
    height: int  # of the transaction's block, or at which the entry stands so
    genesis: Genesis
    state: Final
    entries: list[Entry]
    block: Final | None = None
    code: int = 0
    failing_op: int = 255
    log_index: int | None = None
    submitter: str = ""
    record_id: bytes | None = None
    record_version: int | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """A file whose hashes hold together; what is left is what its kind asks for."""

    fields: Values
    genesis: Genesis
    state: Final
    entries: list[Entry]
    document_hash: bytes | None

    @property
    def height(self) -> int:
        return self.state.first.height

    def opened(self, commitment: bytes) -> bool:
        """P-9, P-12: whether a document was given; Refused if it is not the one committed to."""
        if self.document_hash is None:
            return False
        require(
            "opening" in self.fields, "the proof file opens no commitment: it is of no document"
        )
        salt = self.fields["opening"]["salt"]
        made = hashlib.sha256(b"chopmark commitment v1" + salt + self.document_hash).digest()
        require(made == commitment, "the document is not the one that was recorded")
        return True


def expect_entries(case: Case, wanted: Sequence[tuple[str, bytes]]) -> None:
    """P-11: the entries are those that the kind asks for, in this order, and present."""
    found = [(entry.kind, entry.id) for entry in case.entries]
    require(found == list(wanted), "the file does not bring the entries that it needs")
    require(all(entry.values for entry in case.entries), "an entry that is needed is absent")


def number(value: int) -> str:
    return "never" if value == NEVER else str(value)


def shown(entry: Entry) -> list[tuple[str, str]]:
    """The fields of an entry, for a person."""
    assert entry.values is not None
    facts = []
    for name, value in entry.values.items():
        if name == "status":
            text = entry.status()
        elif name == "roles":
            text = role_names(value)
        else:
            text = value.hex() if isinstance(value, bytes) else number(value)
        facts.append((name.replace("_", " "), text))
    return facts


def identified(entry: Entry) -> str:
    """An entry in words: `holding of class 3, lot 00.., member 7`."""
    parts = [
        f"{name.replace('_', ' ')} {value.hex() if isinstance(value, bytes) else value}"
        for name, value in entry.identity.items()
    ]
    return f"{entry.kind} entry" + (f" of {', '.join(parts)}" if parts else "")


def role_names(bits: int) -> str:
    require(0 < bits < 1 << len(ROLES), "the role has unknown bits")
    return ", ".join(name for i, name in enumerate(ROLES) if bits >> i & 1)


def member_name(entry: Entry) -> str:
    assert entry.values is not None
    return name_of(entry.values["name"][: entry.values["name_length"]], "member")


def prove_transaction(case: Case) -> Proven:
    """P-7 to P-10."""
    fields = case.fields
    block = read_final(fields["block"], case.genesis)
    require(len(block.headers) >= 2, "the header behind the transaction's block is missing")
    here, behind = block.headers[:2]
    index = fields["log_index"]
    inside = here.log_size <= index < behind.log_size
    require(inside, "the log index is not one of the transaction's block")
    leaf = fields["transaction"] + fields["code"].to_bytes(2, "big")
    leaf += fields["failing_op"].to_bytes(1, "big")
    check_inclusion(leaf, index, behind.log_size, fields["inclusion"], behind.log_root)
    transaction = parse_transaction(fields["transaction"])
    require(transaction.chain_id == case.genesis.chain_id, "the transaction is of another chain")
    keys, warnings = check_signers(case, transaction, here.height)
    code, failing_op = fields["code"], fields["failing_op"]
    record_id, version = opened_operation(case, transaction)
    if code != 0:
        record_id = version = None  # it is the right document, but nothing was recorded
    check_quorum(block, case.genesis.validators)
    for public_key, signature in zip(keys, transaction.signatures, strict=True):
        valid = signature_is_valid(public_key, signature, b"\x01" + transaction.id)
        require(valid, "the signature of a signer does not verify")
    who = [(member_name(entry), entry.identity["member"]) for entry in case.entries[1::2]]
    facts = [
        ("transaction", transaction.id.hex()),
        ("signed by", ", ".join(f"{name} (member {member})" for name, member in who)),
        ("place", f"block {here.height}, entry {index} of the log"),
        ("block time", f"{here.time_ms} ms since 1970 (UTC)"),
    ]
    return Proven(
        kind="transaction",
        success=code == 0,
        headline=transaction_headline(code, failing_op, record_id, version),
        facts=facts,
        about=transaction.id,
        height=here.height,
        genesis=case.genesis,
        state=case.state,
        entries=case.entries,
        block=block,
        code=code,
        failing_op=failing_op,
        log_index=index,
        submitter=who[0][0],
        record_id=record_id,
        record_version=version,
        warnings=warnings,
    )


def transaction_headline(
    code: int, failing_op: int, record_id: bytes | None, version: int | None
) -> str:
    if code != 0:
        name = RESULT_NAMES.get(code, "a code this verifier does not know")
        return (
            f"REFUSED by the ledger: code {code} ({name}) at operation {failing_op}; "
            "the transaction had no effect"
        )
    if record_id is not None:
        return f"PROVEN: this document is version {version} of record {record_id.hex()}"
    return "PROVEN: the transaction was carried out"


def check_signers(
    case: Case, transaction: Transaction, height: int
) -> tuple[list[bytes], list[str]]:
    """P-8: the public key of each signer, which counted at the height; and what is doubtful."""
    require(case.height >= height, "the state is one from before the transaction's block")
    wanted = []
    for member, key in transaction.signers:
        id_bytes = member.to_bytes(4, "big")
        wanted += [("key", id_bytes + key.to_bytes(4, "big")), ("member", id_bytes)]
    expect_entries(case, wanted)
    keys, warnings = [], []
    for key_entry, member_entry in zip(case.entries[::2], case.entries[1::2], strict=True):
        key_values, member_values = key_entry.values, member_entry.values
        assert key_values is not None and member_values is not None
        counts = key_values["from"] <= height < key_values["until"]
        require(counts, "the key of a signer did not count in the transaction's block")
        expelled = member_values["status"] == EXPELLED and member_values["since"] <= height
        there = member_values["admitted"] <= height and not expelled
        require(there, "a signer was no member in the transaction's block")
        keys.append(key_values["public_key"])
        if key_values["compromised_since"] <= height:
            warnings.append(
                f"key {key_entry.identity['key']} of {member_name(member_entry)} was reported "
                f"compromised since height {key_values['compromised_since']}"
            )
    return keys, warnings


def opened_operation(case: Case, transaction: Transaction) -> tuple[bytes | None, int | None]:
    """P-9: record and version that the operation gave to the document."""
    if case.document_hash is None or "opening" not in case.fields:
        case.opened(b"")
        return None, None
    index = case.fields["opening"]["operation"]
    require(index < len(transaction.operations), "the opening names an operation that is not there")
    code, _, body = transaction.operations[index]
    require(code == 3, "the operation that the opening names is not a record")
    reader = Reader(body, "record operation")
    action, record_id, expected = reader.uint(1), reader.take(32), reader.uint(4)
    require(action in (1, 2, 5), "the operation records no document")
    reader.uint(2)  # schema
    case.opened(reader.take(32))
    return record_id, expected + 1


def made(case: Case, headline: str, facts: list[tuple[str, str]], **more: Any) -> Proven:
    """A state proof (P-11)."""
    kind, preimage = case.fields["kind"], case.fields["entries"][0][0]
    return Proven(
        kind=kind,
        success=more.pop("success", True),
        headline=headline,
        facts=facts,
        about=preimage if kind in ("entry", "absence") else case.entries[0].id,
        height=case.height,
        genesis=case.genesis,
        state=case.state,
        entries=case.entries,
        **more,
    )


def prove_record(case: Case) -> Proven:
    """P-12."""
    expect_entries(case, [("record", case.entries[0].id)])
    entry = case.entries[0]
    values, status = entry.values, entry.status()
    assert values is not None
    name, version = f"record {entry.id.hex()}", values["version"]
    held = " and held" if values["hold"] and values["hold_height"] <= case.height else ""
    is_document = case.opened(values["commitment"])
    success, when = values["status"] == ACTIVE, f"{status}{held} at height {case.height}"
    if not success:
        headline = f"{status.upper()}: {name} is {when}, version {version}"
    elif is_document:
        headline = f"PROVEN: this document is version {version} of {name}, {when}"
    else:
        headline = f"PROVEN: {name} has version {version} and is {when}"
    return made(case, headline, shown(entry), success=success, record_id=entry.id,
                record_version=version)  # fmt: skip


def prove_key(case: Case) -> Proven:
    """P-13."""
    member, entry = case.entries[0].id[:4], case.entries[0]
    expect_entries(case, [("key", entry.id), ("member", member)])
    values, owner = entry.values, case.entries[1].values
    assert values is not None and owner is not None
    counts = values["from"] <= case.height < values["until"]
    require(counts, f"the key does not count at height {case.height}")
    require(owner["status"] != EXPELLED, f"the member is expelled at height {case.height}")
    name = member_name(case.entries[1])
    headline = (
        f"PROVEN: key {entry.identity['key']} of {name} (member {entry.identity['member']}) "
        f"is valid at height {case.height}"
    )
    facts = [*shown(entry), ("member is", case.entries[1].status())]
    return made(case, headline, facts, submitter=name)


def prove_role(case: Case) -> Proven:
    """P-14."""
    member, entry = case.entries[0].id[:4], case.entries[0]
    expect_entries(case, [("role", entry.id), ("member", member)])
    values = entry.values
    assert values is not None
    require(values["roles"] != 0, f"the member has no role in the field at height {case.height}")
    status = case.entries[1].status()
    require(status == "active", f"the member is {status} at height {case.height}")
    name = member_name(case.entries[1])
    headline = (
        f"PROVEN: {name} (member {entry.identity['member']}) has the roles "
        f"{role_names(values['roles'])} in field {entry.identity['field']} at height {case.height}"
    )
    return made(case, headline, shown(entry), submitter=name)


def prove_entry(case: Case) -> Proven:
    """P-15."""
    entry = case.entries[0]
    expect_entries(case, [(entry.kind, entry.id)])
    headline = f"PROVEN: the state at height {case.height} holds this {identified(entry)}"
    return made(case, headline, shown(entry))


def prove_absence(case: Case) -> Proven:
    """P-16."""
    require(len(case.entries) == 1, "the file does not bring the entries that it needs")
    entry = case.entries[0]
    require(entry.values is None, "the entry is there: the file proves no absence")
    headline = f"PROVEN: the state at height {case.height} holds no {identified(entry)}"
    return made(case, headline, [])


PROVERS = {
    "transaction": prove_transaction,
    "record": prove_record,
    "key": prove_key,
    "role": prove_role,
    "entry": prove_entry,
    "absence": prove_absence,
}


def verify(
    data: bytes,
    chain_id: bytes,
    document_hash: bytes | None = None,
    *,
    kind: str | None = None,
    about: bytes | None = None,
) -> Proven:
    """Checks a proof file against a trusted chain id; raises Refused at the first check that fails.

    `document_hash` is the SHA-256 of a document that the proof must be of. `kind` and `about` (an
    id, P-20) are what the file must prove, and no other.
    What is proven may be no good news: look at `success`.
    """
    fields = read_fields(data)
    require(kind is None or fields["kind"] == kind, f"the proof is of the kind {fields['kind']}")
    genesis = parse_genesis(fields["genesis"])
    require(genesis.chain_id == chain_id, "the proof is of another chain than the one trusted")
    state = read_final(fields["state"], genesis)
    entries = [read_entry(preimage, entry) for preimage, entry, _ in fields["entries"]]
    for preimage, entry, proof in fields["entries"]:
        check_entry(preimage, entry, proof, state.first.state_root)
    proven = PROVERS[fields["kind"]](Case(fields, genesis, state, entries, document_hash))
    no_document = document_hash is None or fields["kind"] in ("transaction", "record")
    require(no_document, f"a proof of the kind {fields['kind']} is of no document")
    require(about is None or proven.about == about, "the proof is about something else")
    check_quorum(state, genesis.validators)
    return proven


def lines(proven: Proven) -> Iterator[str]:
    yield proven.headline
    for warning in proven.warnings:
        yield f"  BUT {warning}"
    for label, value in proven.facts:
        yield f"  {label}: {value}"
    yield f"  chain: {proven.genesis.name}, {proven.genesis.chain_id.hex()}"
    for what, final in (("block", proven.block), ("state", proven.state)):
        if final is not None:
            last = final.headers[-1]
            yield (
                f"  {what}: header of height {final.first.height} ({final.first.digest.hex()}), "
                f"finalized with height {last.height} by {len(final.signers)} of "
                f"{len(proven.genesis.validators)} validators"
            )


def describe(proven: Proven) -> str:
    """What is proven, in lines for a person."""
    return "\n".join(lines(proven))


# --- The program ----------------------------------------------------------------------------------


def hex_bytes(text: str) -> bytes:
    """For arguments; ValueError is wrong usage."""
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", text) is None:
        raise ValueError(text)
    return bytes.fromhex(text)


def chain_id_bytes(text: str) -> bytes:
    if len(text) != 64:
        raise ValueError(text)
    return hex_bytes(text)


def read_file(path: Path) -> bytes:
    """One byte more than allowed is enough to see that there are too many."""
    with path.open("rb") as file:
        return file.read(PROOF_BYTES_MAX + 1)


def hash_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Verify a chopmark proof file.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--chain-id", required=True, type=chain_id_bytes,
                        help="trust anchor, 64 hexadecimal digits")  # fmt: skip
    parser.add_argument("--document", type=Path, help="the document that was recorded")
    parser.add_argument("--kind", choices=sorted(FIELDS), help="what must be proven")
    parser.add_argument("--about", type=hex_bytes, help="id of what it must be proven of")
    parser.add_argument("--allow-refused", action="store_true",
                        help="exit 0 for a proven transaction that the ledger refused")  # fmt: skip
    parser.add_argument("--allow-inactive", action="store_true",
                        help="exit 0 for a proven record that is withdrawn or erased")  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        document_hash = hash_file(options.document) if options.document else None
        proven = verify(read_file(options.proof), options.chain_id, document_hash,
                        kind=options.kind, about=options.about)  # fmt: skip
    except Refused as refusal:
        print(f"NOT PROVEN: {refusal}")
        return 1
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(describe(proven))
    allowed = options.allow_refused if proven.kind == "transaction" else options.allow_inactive
    return 0 if proven.success or allowed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
