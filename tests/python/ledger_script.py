# SPDX-License-Identifier: Apache-2.0
"""Runs ledger scripts (tests/scripts/ledger/README.md) on the native ledger and on the reference.

Every transaction is signed and stands in a block that both validate. What they answer must be the
same, and what the script expects.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger_words import (
    DEFINITIONS,
    OPERATIONS,
    QUERIES,
    TEMPLATE_LINES,
    Names,
    Question,
    TemplateNames,
    Unclear,
    find,
    one_of,
    span_ms,
    split,
    understand,
)
from ledger_world import GENESIS_BLOCK, Block, Signer, block, digest, transaction

from chopmark import ledger
from chopmark import state as tree
from chopmark.ledger import Operation, ResultCode
from chopmark.ledger import entries as entry
from chopmark.reference import codec
from chopmark.reference import ledger as reference
from chopmark.reference.blake3 import blake3
from chopmark.reference.ledger import Refusal

START_MS = 1_767_225_600_000  # 2026-01-01, of the genesis
FIRST_BLOCK_MS = 1000
VALID_BLOCKS = 100
NO_FAILING_OP = 255


class ScriptError(AssertionError):
    """A script does not hold: file, line, what was expected and what was found."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")


@dataclass(frozen=True)
class Line:
    number: int
    indented: bool
    text: str


@dataclass(frozen=True)
class Planned:
    """A signed transaction and what it must lead to."""

    line: Line
    data: bytes
    code: str
    failing_op: int | None  # None: not said
    refused: bool = False


def lines_of(text: str) -> list[Line]:
    """What is left without comments and empty lines."""
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        bare = re.sub(r"(^|\s)#.*", "", raw).rstrip()
        if bare:
            lines.append(Line(number, bare[0] == " ", " ".join(bare.split())))
    return lines


def shown(value: object) -> str:
    name = getattr(value, "name", None)
    return str(name).lower() if name else str(value)


def asked(found: entry.StateEntry, name: str, height: int) -> object:
    """A field of an entry, or what follows from it for the next block."""
    if name == "held":
        holdable = entry.Record | entry.Case | entry.LockEntry | entry.Holding
        assert isinstance(found, holdable)
        return entry.held(found, height)
    if name == "counts":
        assert isinstance(found, entry.Key)
        return found.counts_at(height)
    return getattr(found, name)


@dataclass
class Run:
    """One script while it runs, and what it leads to."""

    file: str
    names: Names = field(default_factory=Names)
    definitions: list[Operation] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    branches: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    results: list[tuple[int, int]] = field(default_factory=list)
    operations: set[int] = field(default_factory=set)  # codes (C-26) of those that took effect
    genesis: bytes = b""
    at: Line = field(default_factory=lambda: Line(0, False, ""))
    words: set[str] = field(default_factory=set)  # of the transactions so far
    pending: list[Planned] = field(default_factory=list)
    sealed: bool = True

    def error(self, message: str, line: Line | None = None) -> ScriptError:
        return ScriptError(self.file, (line or self.at).number, message)

    # --- Reading

    def run(self, text: str) -> Run:
        lines = lines_of(text)
        try:
            at = self.read_definitions(lines)
            self.begin()
            while at < len(lines):
                self.at = lines[at]
                inner = at + 1
                while inner < len(lines) and lines[inner].indented:
                    inner += 1
                self.read_line(lines[at], lines[at + 1 : inner])
                at = inner
            self.seal()
        except Unclear as unclear:
            raise self.error(str(unclear)) from None
        except ScriptError:
            raise
        except Exception as error:
            raise self.error(f"{type(error).__name__}: {error}") from error
        return self

    def read_definitions(self, lines: list[Line]) -> int:
        """All lines before the first block. Returns where that stands."""
        template: TemplateNames | None = None

        def finish() -> None:
            if template:
                self.definitions.append(template.define())

        for index, line in enumerate(lines):
            if line.text.startswith("block"):
                finish()
                return index
            if not line.indented:
                finish()
                template = None
            self.at = line
            self.names.time_ms = START_MS
            if line.indented:
                if template is None:
                    raise self.error(f"expected a template above '{line.text}'")
                understand(TEMPLATE_LINES, line.text, template)
                continue
            made = understand(DEFINITIONS, line.text, self.names)
            if isinstance(made, TemplateNames):
                template = made
            elif made is not None:
                self.definitions.append(made)
        raise self.error("expected a block, found the end")

    def begin(self) -> None:
        """The genesis, and a first block in which the council registers the definitions."""
        members = tuple(
            codec.Member(
                number,
                name,
                (Signer(number, 1).genesis_key(),),
                tuple(
                    codec.Role(where, may)
                    for where, may in sorted(self.names.roles.get(name, {}).items())
                ),
            )
            for name, number in self.names.members.items()
        )
        genesis = codec.Genesis(
            name=Path(self.file).stem,
            time_ms=START_MS,
            validators=tuple(digest(f"validator {i}") for i in range(4)),
            members=members,
            council=self.names.council,
        )
        self.genesis = genesis.encode()
        self.names.chain_id = genesis.chain_id
        self.native = ledger.Ledger(self.genesis)
        self.reference = reference.Ledger(self.genesis)
        self.names.time_ms = START_MS
        self.new_block(FIRST_BLOCK_MS)
        if self.definitions:
            council = [Signer(one, 1) for one in self.council_signers()]
            self.plan(self.definitions, council, self.names.field_of(None), "OK", None)
        self.seal()

    def new_block(self, ms: int) -> None:
        self.seal()
        if ms < 1:
            raise self.error("expected a time above that of the block before")
        self.names.time_ms += ms
        self.names.height = self.parent.height + 1
        self.sealed = False

    def read_line(self, line: Line, inner: list[Line]) -> None:
        if inner and not line.text.startswith("bundle "):
            self.at = inner[0]
            raise self.error(f"expected a bundle above '{inner[0].text}'")
        head = re.fullmatch(r"block (\+\S+)", line.text)
        if head:
            self.new_block(span_ms(head[1]))
            return
        step = re.fullmatch(r"step (\d+): .+", line.text)
        if step:
            self.steps.append(int(step[1]))
            return
        if line.text.startswith("branch: "):
            self.branches.append(line.text)
            return
        if "->" in line.text:
            self.read_transaction(line, inner)
            return
        sentence, places = find(QUERIES, line.text)
        question: Question = sentence.make(self.names, **places)
        label = places.get("label") or places.get("lot") or places.get("value")
        if question.want is None and label and label not in self.words:
            # What is misspelt is always absent.
            raise self.error(f"expected a label that a transaction has used; found '{label}'")
        self.seal()
        self.ask(question)

    def read_transaction(self, line: Line, inner: list[Line]) -> None:
        found = re.fullmatch(
            r"(.+?)(?: in field (\S+))?(?: co-signed by (.+?))?"
            r"(?: late by (\d+))? -> (refused )?(\S+?)(?: at (\d+))?",
            line.text,
        )
        if found is None:
            raise self.error(f"expected '... -> RESULT', found '{line.text}'")
        said, where, others, late, refused, code, place = found.groups()
        one_of(Refusal if refused else ResultCode, code.lower())
        if self.sealed:
            raise self.error("expected a new block: a question has closed the last one")
        sentences = inner if said == "bundle" else [line]
        if said == "bundle" and not inner:
            raise self.error("expected indented operations below 'bundle'")
        signers: list[Signer] = []
        operations = []
        for one in sentences:
            self.at = one
            words = one.text if one is not line else said
            self.words |= set(words.replace(",", "").split())
            operations.append(self.read_operation(words, signers))
        self.at = line
        also = [self.names.signer(name) for name in split(others)]
        signers += [one for one in also if one not in signers]
        failing = int(place) - 1 if place else None
        if code != "OK" and not refused and len(operations) > 1 and failing is None:
            raise self.error(f"expected '{code} at N': which operation of the bundle fails")
        self.plan(operations, signers, self.names.field_of(where), code, failing, bool(refused),
                  -int(late) if late else VALID_BLOCKS)  # fmt: skip

    def read_operation(self, text: str, signers: list[Signer]) -> Operation:
        """One operation; whoever acts joins `signers` if not there yet."""
        actor, _, sentence = text.partition(" ")
        if actor == "council":
            acting = [Signer(one, 1) for one in self.council_signers()]
        else:
            acting = [self.names.signer(actor)]
        signers += [one for one in acting if one not in signers]
        self.names.me = acting[0].member
        operation: Operation = understand(
            OPERATIONS, sentence, self.names, signers.index(acting[0])
        )
        return operation

    def council_signers(self) -> Sequence[int]:
        council = self.names.council
        return council.members[: council.threshold]

    def plan(
        self,
        operations: Sequence[Operation],
        signers: Sequence[Signer],
        where: int,
        code: str,
        failing: int | None,
        refused: bool = False,
        lasts: int = VALID_BLOCKS,
    ) -> None:
        data = transaction(
            *operations,
            by=signers,
            chain_id=self.names.chain_id,
            field=where,
            valid_until=self.names.height + lasts,
            salt=self.at.number,  # so that the same words may stand twice
        )
        self.pending.append(Planned(self.at, data, code, failing, refused))
        if code == "OK":
            self.operations |= {operation.CODE for operation in operations}

    # --- Running

    @property
    def parent(self) -> Block:
        return self.blocks[-1] if self.blocks else GENESIS_BLOCK

    def build(self, transactions: Sequence[bytes]) -> Block:
        changes = {} if self.blocks else {"parent_digest": self.names.chain_id}
        on = _Rooted(self.reference, self.names.chain_id)
        return block(
            on,
            self.parent,
            transactions,
            chain_id=self.names.chain_id,
            time_ms=self.names.time_ms,
            **changes,
        )

    def seal(self) -> None:
        """The block ends: both ledgers take it, and everything that was expected is compared."""
        if self.sealed:
            return
        self.sealed = True
        planned, self.pending = self.pending, []
        kept = [one for one in planned if not one.refused]
        self.refuse(planned)
        roots = self.execute(kept)
        self.grow(kept, roots)
        whole = self.build([one.data for one in kept])
        self.accept(whole, kept[0].line if kept else self.at)
        results = self.native.finalize(whole.digest)
        final = self.reference.blocks[whole.digest].entries
        for one, ours, op, theirs in zip(kept, results.code, results.failing_op, final):
            if (ours, op) != (theirs.code, theirs.failing_op):
                raise self.error(
                    f"native ledger found {ledger.result_name(int(ours))} at {op}, reference "
                    f"{theirs.code.name} at {theirs.failing_op}",
                    one.line,
                )
        self.results += [(int(theirs.code), theirs.failing_op) for theirs in final]
        self.blocks.append(whole)

    def refuse(self, planned: list[Planned]) -> None:
        """What may not stand in a block makes both ledgers refuse it, and leaves no trace."""
        before: list[bytes] = []
        for one in planned:
            if not one.refused:
                before.append(one.data)
                continue
            spoiled = self.build([*before, one.data])
            ours = self.native.validate_block(spoiled.data)
            theirs = self.reference.validate_block(spoiled.data)
            found = {(ours.code, ours.transaction), (theirs.code.name, theirs.transaction)}
            if found != {(one.code, len(before))}:
                raise self.error(
                    f"expected the block to be refused for {one.code}, found native "
                    f"{ours.code}, reference {theirs.code.name}",
                    one.line,
                )

    def execute(self, planned: list[Planned]) -> list[bytes]:
        """The reference alone, one transaction after the other. The state root after each."""
        parent = self.reference.blocks[self.parent_digest].state
        around = reference.Block(self.names.chain_id, self.names.height, self.names.time_ms, parent)
        state = dict(parent)
        roots = []
        reading = self.at
        for one in planned:
            self.at = one.line  # for an exception that nobody expects
            before = dict(state)
            code, op = reference.execute(around, state, codec.parse_transaction(one.data))
            wanted = one.failing_op if one.failing_op is not None else op
            if (code.name, op) != (one.code, wanted):
                where = f" at {op + 1}" if op != NO_FAILING_OP else ""
                asked_for = f" at {one.failing_op + 1}" if one.failing_op is not None else ""
                raise self.error(
                    f"expected {one.code}{asked_for}, found {code.name}{where}", one.line
                )
            if code != ResultCode.OK and state != before:
                raise self.error("a failed transaction changed the state", one.line)
            roots.append(reference.state_root(state))
        self.at = reading
        return roots

    def grow(self, planned: list[Planned], roots: list[bytes]) -> None:
        """The same on the native ledger: blocks of the first one, two, three ... transactions.

        So the state after each is known, and that a failed one changes nothing.
        """
        before = self.native.roots(self.parent_digest)[0]
        for count, (one, root) in enumerate(zip(planned, roots), 1):
            prefix = self.build([earlier.data for earlier in planned[:count]])
            verdict = self.native.validate_block(prefix.data)
            if not verdict.ok:
                raise self.error(
                    f"expected a valid block, found native {verdict.code} {verdict.detail}",
                    one.line,
                )
            after = self.native.roots(prefix.digest)[0]
            if after != root:
                raise self.error("native ledger and reference lead to other states", one.line)
            if one.code != "OK" and after != before:
                raise self.error("a failed transaction changed the native state", one.line)
            before = after

    def accept(self, whole: Block, line: Line) -> None:
        theirs = self.reference.validate_block(whole.data)
        ours = self.native.validate_block(whole.data)
        if not (ours.ok and theirs.ok):
            raise self.error(
                f"expected a valid block, found native {ours.code} at {ours.transaction}, "
                f"reference {theirs.code.name} at {theirs.transaction}",
                line,
            )
        if self.native.roots(whole.digest) != self.reference.roots(whole.digest):
            raise self.error("native ledger and reference have other roots", line)

    @property
    def parent_digest(self) -> bytes:
        return self.blocks[-1].digest if self.blocks else self.names.chain_id

    def ask(self, question: Question) -> None:
        """A question to both final states; the answer must come with its proof."""
        kind, identity = question.kind, question.identity
        found = self.native.get(kind, *identity)
        value = self.reference.blocks[self.parent_digest].state.get(kind.key(*identity))
        if found != (kind.decode(value) if value else None):
            raise self.error(f"native ledger has {found}, reference another {kind.__name__}")
        data, proof = self.native.prove(kind, *identity)
        root = self.native.roots()[0]
        if data is None:
            tree.verify_absence(root, kind.key(*identity), proof)
        else:
            tree.verify_inclusion(root, kind.key(*identity), blake3(data), proof)
        if question.want is None:
            if found is not None:
                raise self.error(f"expected none, found {found}")
            return
        if found is None:
            raise self.error(f"expected an entry, found no {kind.__name__}")
        for name, want in question.want.items():
            have = asked(found, name, self.names.height + 1)
            if have != want:
                raise self.error(f"expected {name} {shown(want)}, found {shown(have)}")


@dataclass(frozen=True)
class _Rooted:
    """Roots for a block on the genesis of this chain; GENESIS_BLOCK is that of another one."""

    ledger: reference.Ledger
    chain_id: bytes

    def roots(self, digest: bytes) -> tuple[bytes, int, bytes]:
        return self.ledger.roots(self.chain_id if digest == GENESIS_BLOCK.digest else digest)


def run_script(path: Path) -> Run:
    """Raises ScriptError unless both ledgers do what the script expects."""
    return Run(path.name).run(path.read_text(encoding="utf-8"))


def replay(run: Run) -> tuple[tuple[bytes, int, bytes], list[tuple[int, int]]]:
    """The blocks of a run on a new native ledger: its roots and results at the end."""
    fresh = ledger.Ledger(run.genesis)
    results = []
    for one in run.blocks:
        verdict = fresh.validate_block(one.data)
        assert verdict.ok, verdict.code
        final = fresh.finalize(one.digest)
        results += list(zip(final.code.tolist(), final.failing_op.tolist()))
    return fresh.roots(), results
