# SPDX-License-Identifier: Apache-2.0
"""`chopmark demo`: a real folder of documents on a ledger of four validators."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from chopmark import build_info
from chopmark.ledger import Create, build_transaction, encode_payload, result_name, transaction_id
from chopmark.node.devnet import Devnet, Institution, derived_key, make_genesis
from chopmark.node.documents import Document, attestation, find_documents, record
from chopmark.node.proof import (
    Draft,
    Opening,
    draft_record,
    draft_transaction,
    export,
)
from chopmark.reference import proof_file

FIELD = 3  # government data
SCHEMA = 0
VALID_FOR = 1000  # heights
PER_PAYLOAD = 16  # documents handed in together
SECONDS_MAX = 300.0
NAMES = (
    "registry-01.guiyang",
    "hospital-03.guiyang",
    "court-01.hangzhou",
    "notary-02.chengdu",
    "university-01.wuxi",
    "tax-bureau-01.shanghai",
)


class Progress:
    """One line that is rewritten on a terminal, and a few lines elsewhere."""

    def __init__(self, total: int) -> None:
        self.total = max(total, 1)
        self.terminal = sys.stdout.isatty()
        self.shown = 0.0

    def show(self, done: int, blocks: int) -> None:
        now = time.monotonic()
        finished = done >= self.total
        if not finished and now - self.shown < (0.1 if self.terminal else 2.0):
            return
        self.shown = now
        line = f"  {done:6} of {self.total} transactions final, {blocks} blocks"
        click.echo(f"\r{line}" if self.terminal else line, nl=finished or not self.terminal)


class Run:
    """The demo's ledger, its clients, and what they measured."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.institutions = [
            Institution(100 + i, name, 1, derived_key("institution", i))
            for i, name in enumerate(NAMES)
        ]
        self.genesis, keys = make_genesis("demo", 4, self.institutions, [FIELD])
        self.devnet = Devnet(self.genesis, keys, delay_ms=1.0)
        self.chain_id = self.devnet.nodes[0].ledger.chain_id
        self.documents: list[Document] = []
        self.handed_in: dict[bytes, tuple[float, int]] = {}  # id -> (when, at which validator)
        self.latencies_ms: list[float] = []
        self.seen = [0] * len(self.devnet.nodes)

    def hand_in(self, transactions: list[bytes], node: int) -> None:
        """A client gives transactions to its validator; the clock starts here."""
        now = time.monotonic()
        for transaction in transactions:
            self.handed_in[transaction_id(transaction)] = (now, node)
        counts = self.devnet.submit(encode_payload(transactions), node)
        if counts[0] != len(transactions):
            raise click.ClickException(f"the pool admitted {counts[0]} of {len(transactions)}")

    def observe(self) -> None:
        """Notes which transactions have become final at the validator they were handed to."""
        now = time.monotonic()
        for node in self.devnet.nodes:
            for block in node.blocks[self.seen[node.index] :]:
                for identity in block.results.transaction_id:
                    started, at = self.handed_in.get(identity.tobytes(), (0.0, -1))
                    if at == node.index:
                        self.latencies_ms.append((now - started) * 1000)
            self.seen[node.index] = len(node.blocks)

    def record_all(self, paths: list[Path]) -> None:
        """Records every document, in the order and at the pace in which clients can sign them."""
        progress = Progress(len(paths))
        nodes = len(self.devnet.nodes)
        for first in range(0, len(paths), PER_PAYLOAD):
            batch, turn = [], first // PER_PAYLOAD
            owner = self.institutions[turn % len(self.institutions)]
            for path in paths[first : first + PER_PAYLOAD]:
                try:
                    one = record(path, self.folder, owner, chain_id=self.chain_id, field=FIELD,
                                 schema=SCHEMA, valid_until=VALID_FOR)  # fmt: skip
                except OSError as error:
                    raise click.ClickException(f"cannot read {path}: {error.strerror}") from error
                batch.append(one)
            self.documents += batch
            self.hand_in([one.transaction for one in batch], turn % nodes)
            handed = time.monotonic()
            self.wait(lambda at=handed: time.monotonic() - at > 0.004)
            progress.show(len(self.latencies_ms), len(self.devnet.nodes[0].blocks))
        self.wait(lambda: len(self.latencies_ms) == len(self.handed_in))
        progress.show(len(self.latencies_ms), len(self.devnet.nodes[0].blocks))

    def attest_all(self) -> None:
        """A second institution says of every record that it was received."""
        by = self.institutions[-1]
        statements = [
            attestation(self.documents[i : i + PER_PAYLOAD], by, chain_id=self.chain_id,
                        field=FIELD, valid_until=VALID_FOR)
            for i in range(0, len(self.documents), PER_PAYLOAD)
        ]  # fmt: skip
        for i, one in enumerate(statements):
            self.hand_in([one], i % len(self.devnet.nodes))
        self.wait(lambda: len(self.latencies_ms) == len(self.handed_in))

    def record_again(self) -> bytes:
        """Another institution tries to record an id that is taken. Returns the transaction id."""
        other = self.institutions[1]
        taken = self.documents[0]
        transaction = build_transaction(
            chain_id=self.chain_id,
            field=FIELD,
            valid_until=VALID_FOR,
            operations=[Create(taken.record_id, schema=SCHEMA, commitment=taken.commitment)],
            signers=[(other.member, other.key_id, other.key)],
        )
        self.hand_in([transaction], 0)
        self.wait(lambda: len(self.latencies_ms) == len(self.handed_in))
        return transaction_id(transaction)

    def draft_proofs(self, document: Document, refused: bytes) -> list[Draft]:
        """What the proofs need of the state of now: the document's transaction, its record, and the
        transaction that was refused.
        """
        node = self.devnet.nodes[0]
        self.wait(lambda: node.ledger.log_size == len(self.handed_in))
        opening = Opening(0, document.salt)
        return [
            draft_transaction(node.ledger, node.blocks, document.transaction_id, opening),
            draft_record(node.ledger, document.record_id, document.salt),
            draft_transaction(node.ledger, node.blocks, refused),
        ]

    def settle(self) -> None:
        """Waits until all validators have the last record under a final header, at one height."""
        wanted = len(self.handed_in)

        def settled() -> bool:
            nodes = self.devnet.nodes
            heights = {node.ledger.final_height for node in nodes}
            covered = all(
                node.blocks
                and proof_file.parse_header(node.blocks[-1].header).log_size == wanted
                and node.blocks[-1].certificate
                for node in nodes
            )
            return len(heights) == 1 and covered

        self.wait(settled)

    def wait(self, condition) -> None:  # type: ignore[no-untyped-def]
        def step() -> bool:
            self.observe()
            return bool(condition())

        if not self.devnet.run(step, SECONDS_MAX):
            raise click.ClickException(f"no progress within {SECONDS_MAX:.0f} s: this is a bug")


def stand_alone(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs the one-file verifier in a process that cannot import chopmark."""
    return subprocess.run(
        [sys.executable, "-I", "-S", *arguments], capture_output=True, text=True, check=False
    )


def show_proof(run: Run, document: Document, drafts: list[Draft]) -> None:
    """Exports proof files, checks them without chopmark, and one with a byte changed."""
    node = run.devnet.nodes[0]
    without = stand_alone(["-c", "import chopmark"])
    if "ModuleNotFoundError" not in without.stderr:
        raise click.ClickException("chopmark can be imported where it must not be")
    recorded, record_of, refused = (
        export(draft, run.genesis.encode(), node.blocks) for draft in drafts
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        proof = folder / "proof.json"
        proof.write_text(recorded.json())
        command = [str(Path(proof_file.__file__)), str(proof), "--chain-id", run.chain_id.hex()]
        click.echo(f"\nProof file for {document.path.name} ({proof.stat().st_size} bytes as JSON, "
                   f"{len(recorded.cbor())} as CBOR),")  # fmt: skip
        click.echo("checked by the one-file verifier in `python3 -I -S`, without chopmark:")
        good = stand_alone([*command, "--document", str(document.path)])
        click.echo(indented(good.stdout))
        changed = bytearray(document.path.read_bytes() or b"\0")
        changed[len(changed) // 2] ^= 1
        (folder / "changed").write_bytes(changed)
        bad = stand_alone([*command, "--document", str(folder / "changed")])
        click.echo("the same with one byte of the document changed:")
        click.echo(indented(bad.stdout))
        proof.write_bytes(record_of.cbor())
        status = stand_alone([*command, "--document", str(document.path)])
        click.echo("its record as it stands at a height, from a file in CBOR:")
        click.echo(indented(status.stdout))
        proof.write_text(refused.json())
        failed = stand_alone(command)
        click.echo("and a transaction that wanted a record id already taken:")
        click.echo(indented(failed.stdout))
    codes = [one.returncode for one in (good, bad, status, failed)]
    if codes != [0, 1, 0, 1]:
        raise click.ClickException(f"the verifier disagrees: {codes} {good.stderr}{bad.stderr}")


def indented(text: str) -> str:
    return "\n".join("  " + line for line in text.rstrip().splitlines())


def show_summary(run: Run, seconds: float) -> None:
    """What was finalized, how fast, and that all validators agree."""
    node = run.devnet.nodes[0]
    records = len(run.documents)
    codes = np.concatenate([block.results.code for block in node.blocks])
    refused = {result_name(int(code)) for code in codes[codes != 0]}
    attested = int((codes == 0).sum()) - records
    traffic = f"{run.devnet.messages} messages, {run.devnet.message_bytes / 1e6:.1f} MB"
    p50, p99 = np.percentile(run.latencies_ms, [50, 99])
    agreed = {other.ledger.roots() for other in run.devnet.nodes}
    if len(agreed) != 1:
        raise click.ClickException("the validators disagree: this is a bug")
    state_root, log_size, log_root = agreed.pop()
    click.echo(f"""
  blocks finalized    {len(node.blocks)}
  records final       {records}, with {attested} transactions of attestations
  refused, with proof {len(codes) - records - attested} ({", ".join(sorted(refused))})
  time to finality    p50 {p50:.1f} ms, p99 {p99:.1f} ms (4 validators in one process and thread,
                      1 ms simulated network delay, nothing written to disk)
  all of it           {seconds:.1f} s, {traffic}
  state root          {state_root.hex()}
  log root            {log_root.hex()} ({log_size} entries)
  the four validators agree on both roots""")


@click.command()
@click.argument(
    "path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--no-table", is_flag=True, help="Leave out the table native against pure Python.")
def demo(path: Path | None, no_table: bool) -> None:
    """Record the documents below PATH (this folder by default) on a ledger of four validators."""
    folder = (path or Path.cwd()).resolve()
    paths = list(find_documents(folder))
    if not paths:
        raise click.ClickException(f"no documents below {folder}")
    about = build_info()
    click.echo(f"chopmark {about['version']}, kernels: {about['backend']}, {about['compiler']}")
    click.echo(f"4 validators, {len(NAMES)} institutions, {len(paths)} documents below {folder}")
    started = time.monotonic()
    run = Run(folder)
    click.echo(f"chain id {run.chain_id.hex()}")
    run.record_all(paths)
    refused = run.record_again()
    document = max(run.documents, key=lambda one: (one.path.stat().st_size > 0, one.path.name))
    drafts = run.draft_proofs(document, refused)
    run.attest_all()
    run.settle()
    show_summary(run, time.monotonic() - started)
    show_proof(run, document, drafts)
    if not no_table:
        from chopmark.benchmarks.table import comparison

        click.echo("\nNative against pure Python, one thread:")
        click.echo(comparison())
