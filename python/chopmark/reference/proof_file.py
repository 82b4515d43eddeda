# SPDX-License-Identifier: Apache-2.0
"""Stand-alone verifier of proof files: one file, standard library only.

    python3 -I -S proof_file.py PROOF.json --chain-id HEX [--document FILE] [--allow-refused]

A proof file shows that one transaction, with its result, stands in the log of one chain, under a
header that a quorum of that chain's validators finalized; with `--document`, that the transaction
recorded exactly this document. The chain id is the trust anchor and must come from elsewhere: it is
the SHA-256 of the genesis, which names validators and members (docs/spec/proof.md P-1..P-10).

Exit status: 0 proven and carried out; 1 refused, not proven, or a transaction that failed (unless
`--allow-refused`); 2 wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROOF_BYTES_MAX = 1 << 20
FIELDS = {
    "format", "version", "genesis", "transaction", "result", "log_index", "inclusion", "header",
    "certificate", "opening",
}  # fmt: skip
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
RESULT_FIELDS = {"code", "failing_op"}
OPENING_FIELDS = {"operation", "salt"}


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
    members: dict[int, tuple[str, dict[int, bytes]]]  # id -> (name, keys by id)


def parse_genesis(data: bytes) -> Genesis:
    reader = Reader(data, "genesis")
    reader.tag(0x40, 2, 1)
    name = reader.take(reader.uint(1)).decode("ascii", "replace")
    reader.uint(8)
    validators = [reader.take(32) for _ in range(reader.uint(1))]
    require(0 < len(validators) <= 32, "the genesis must name 1 to 32 validators")
    require(len(set(validators)) == len(validators), "the genesis names a validator twice")
    members: dict[int, tuple[str, dict[int, bytes]]] = {}
    for _ in range(reader.uint(4)):
        member = reader.uint(4)
        member_name = reader.take(reader.uint(1)).decode("ascii", "replace")
        keys: dict[int, bytes] = {}
        for _ in range(reader.uint(1)):
            key = reader.uint(4)
            reader.take(1)  # flags
            keys[key] = reader.take(32)
        reader.take(4 * reader.uint(1))  # roles
        members[member] = (member_name, keys)
    reader.take(1)  # the council's threshold
    reader.take(4 * reader.uint(1))
    reader.finish()
    return Genesis(hashlib.sha256(data).digest(), name, validators, members)


@dataclass(frozen=True)
class Header:
    digest: bytes
    chain_id: bytes
    epoch: int
    view: int
    height: int
    log_size: int
    log_root: bytes
    time_ms: int


def parse_header(data: bytes) -> Header:
    reader = Reader(data, "header")
    reader.tag(0x20, 1)
    chain_id, epoch, view, height = reader.take(32), reader.uint(8), reader.uint(8), reader.uint(8)
    reader.take(8 + 32 + 2 + 32 + 4 + 2 + 2 + 32)  # parent, leader, payload, shards, state root
    log_size, log_root = reader.uint(8), reader.take(32)
    reader.take(32 + 32)  # next validator set, justification
    time_ms = reader.uint(8)
    reader.finish()
    digest = hashlib.sha256(data).digest()
    return Header(digest, chain_id, epoch, view, height, log_size, log_root, time_ms)


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


# --- The checks (docs/spec/proof.md) -------------------------------------------------------------


def check_certificate(data: bytes, header: Header, validators: list[bytes]) -> int:
    """A quorum's signatures finalize exactly this header. Returns how many signed."""
    n = len(validators)
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
    vote = b"\x12" + header.chain_id + epoch.to_bytes(8, "big") + view.to_bytes(8, "big") + digest
    for i in signers:
        valid = signature_is_valid(validators[i], reader.take(64), vote)
        require(valid, f"the signature of validator {i} does not verify")
    reader.finish()
    return len(signers)


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


def check_document(
    transaction: Transaction, opening: dict[str, Any], document: bytes
) -> tuple[bytes, int]:
    """The operation recorded a commitment to exactly this document. Returns record id, version."""
    index = opening["operation"]
    require(index < len(transaction.operations), "the opening names an operation that is not there")
    code, _, body = transaction.operations[index]
    require(code == 3, "the operation that the opening names is not a record")
    reader = Reader(body, "record operation")
    action, record_id, expected = reader.uint(1), reader.take(32), reader.uint(4)
    require(action in (1, 2, 5), "the operation records no document")
    reader.uint(2)
    commitment = hashlib.sha256(
        b"chopmark commitment v1" + opening["salt"] + hashlib.sha256(document).digest()
    ).digest()
    require(commitment == reader.take(32), "the document is not the one that was recorded")
    return record_id, expected + 1


def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    require(len(fields) == len(pairs), "the proof file gives a field twice")
    return fields


def from_hex(value: object, what: str, size: int | None = None) -> bytes:
    ok = isinstance(value, str) and re.fullmatch(r"(?:[0-9a-f]{2})*", value) is not None
    require(ok, f"{what} must be lower-case hexadecimal")
    data = bytes.fromhex(str(value))
    require(size is None or len(data) == size, f"{what} must have {size} bytes")
    return data


def uint(value: object, what: str, limit: int) -> int:
    ok = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < limit
    require(ok, f"{what} must be a whole number below {limit}")
    assert isinstance(value, int)
    return value


def read_fields(data: bytes) -> dict[str, Any]:
    """The fields of a proof file, each of the right type, and no other."""
    require(len(data) <= PROOF_BYTES_MAX, f"a proof file has at most {PROOF_BYTES_MAX} bytes")
    try:
        raw = json.loads(data.decode("utf-8"), object_pairs_hook=no_duplicates)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the proof file is not JSON: {error}") from None
    require(isinstance(raw, dict) and set(raw) <= FIELDS, "the proof file has unknown fields")
    missing = sorted(FIELDS - {"opening"} - set(raw))
    require(not missing, f"the proof file lacks {', '.join(missing)}")
    require(raw["format"] == "chopmark-proof", "this is not a chopmark proof file")
    require(
        uint(raw["version"], "version", 1 << 16) == 1,
        "this verifier knows version 1 of the format only",
    )
    result, path = raw["result"], raw["inclusion"]
    ok = isinstance(result, dict) and set(result) == RESULT_FIELDS and isinstance(path, list)
    require(ok, "result or inclusion has the wrong shape")
    fields: dict[str, Any] = {
        name: from_hex(raw[name], name)
        for name in ("genesis", "transaction", "header", "certificate")
    }
    fields["code"] = uint(result["code"], "result.code", 1 << 16)
    fields["failing_op"] = uint(result["failing_op"], "result.failing_op", 1 << 8)
    fields["log_index"] = uint(raw["log_index"], "log_index", 1 << 63)
    require(len(path) <= 64, "the inclusion proof is too long")
    fields["inclusion"] = [from_hex(step, "a step of inclusion", 32) for step in path]
    if "opening" in raw:
        opening = raw["opening"]
        ok = isinstance(opening, dict) and set(opening) == OPENING_FIELDS
        require(ok, "opening has the wrong shape")
        fields["opening"] = {
            "operation": uint(opening["operation"], "opening.operation", 64),
            "salt": from_hex(opening["salt"], "opening.salt", 32),
        }
    return fields


@dataclass(frozen=True)
class Proven:
    """What a proof file proves."""

    chain_name: str
    transaction_id: bytes
    submitter: str
    code: int
    failing_op: int
    log_index: int
    height: int
    time_ms: int
    signatures: int
    quorum_of: int
    record_id: bytes | None
    record_version: int | None


def verify(data: bytes, chain_id: bytes, document: bytes | None = None) -> Proven:
    """Checks a proof file against a trusted chain id; raises Refused at the first check that fails.

    A transaction that failed is proven as failed: look at `code`, which is 0 for success.
    """
    fields = read_fields(data)
    genesis = parse_genesis(fields["genesis"])
    require(genesis.chain_id == chain_id, "the proof is of another chain than the one trusted")
    header = parse_header(fields["header"])
    require(header.chain_id == chain_id, "the header is of another chain")
    signed = check_certificate(fields["certificate"], header, genesis.validators)
    leaf = fields["transaction"] + fields["code"].to_bytes(2, "big")
    leaf += fields["failing_op"].to_bytes(1, "big")
    check_inclusion(
        leaf, fields["log_index"], header.log_size, fields["inclusion"], header.log_root
    )
    transaction = parse_transaction(fields["transaction"])
    require(transaction.chain_id == chain_id, "the transaction is of another chain")
    for (member, key), signature in zip(transaction.signers, transaction.signatures, strict=True):
        public_key = genesis.members.get(member, ("", {}))[1].get(key)
        require(public_key is not None, f"member {member} with key {key} is not in the genesis")
        assert public_key is not None
        valid = signature_is_valid(public_key, signature, b"\x01" + transaction.id)
        require(valid, f"the signature of member {member} does not verify")
    record_id = version = None
    if document is not None:
        require("opening" in fields, "the proof file opens no commitment: it is of no document")
        record_id, version = check_document(transaction, fields["opening"], document)
    return Proven(
        chain_name=genesis.name,
        transaction_id=transaction.id,
        submitter=genesis.members[transaction.signers[0][0]][0],
        code=fields["code"],
        failing_op=fields["failing_op"],
        log_index=fields["log_index"],
        height=header.height,
        time_ms=header.time_ms,
        signatures=signed,
        quorum_of=len(genesis.validators),
        record_id=record_id,
        record_version=version,
    )


def describe(proven: Proven) -> str:
    """What is proven, in lines for a person."""
    lines = []
    if proven.code != 0:
        name = RESULT_NAMES.get(proven.code, "a code this verifier does not know")
        lines.append(
            f"REFUSED by the ledger: code {proven.code} ({name}) at operation "
            f"{proven.failing_op}; the transaction had no effect"
        )
    elif proven.record_id is not None:
        lines.append(
            f"PROVEN: this document is version {proven.record_version} of record "
            f"{proven.record_id.hex()}"
        )
    else:
        lines.append("PROVEN: the transaction was carried out")
    lines += [
        f"  transaction {proven.transaction_id.hex()}, submitted by {proven.submitter}",
        f"  entry {proven.log_index} of the log of chain {proven.chain_name}, under the header of "
        f"height {proven.height} (block time {proven.time_ms} ms)",
        f"  finalized by {proven.signatures} of {proven.quorum_of} validators",
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Verify a chopmark proof file.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--chain-id", required=True, help="trust anchor, 64 hexadecimal digits")
    parser.add_argument("--document", type=Path, help="the document that was recorded")
    parser.add_argument("--allow-refused", action="store_true",
                        help="exit 0 for a proven transaction that the ledger refused")  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        chain_id = from_hex(options.chain_id.lower(), "--chain-id", 32)
        document = options.document.read_bytes() if options.document else None
        proven = verify(options.proof.read_bytes(), chain_id, document)
    except Refused as refusal:
        print(f"NOT PROVEN: {refusal}")
        return 1
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(describe(proven))
    return 0 if proven.code == 0 or options.allow_refused else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
