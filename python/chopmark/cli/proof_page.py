# SPDX-License-Identifier: Apache-2.0
"""A proof as one printed page: what is proven, by whom, and how to check it without us.

The page is self-contained: no script, no font, no picture, nothing from the network. Whatever comes
from a file is escaped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from chopmark.reference.proof_file import Final, Proven

__all__ = ["page"]

SIGNERS_IN_ONE_COLUMN = 8
YEAR_10000_MS = 253_402_300_800_000

STYLE = """
@page { size: A4; margin: 12mm 14mm; }
* { box-sizing: border-box; }
body { font: 9.5pt/1.35 "Liberation Sans", Arial, sans-serif; color: #111; background: #fff;
       max-width: 182mm; margin: 6mm auto; padding: 0 2mm; }
header { display: flex; justify-content: space-between; border-bottom: 1.5pt solid #111; }
header b { font-size: 13pt; }
h1 { font-size: 12pt; line-height: 1.3; margin: 3mm 0; padding: 2.5mm; border: 1.5pt solid #176b37;
     overflow-wrap: anywhere; }
h1.bad { border: 3pt double #a01515; }
h2 { font-size: 10pt; margin: 3mm 0 .5mm; border-bottom: .5pt solid #888; break-after: avoid; }
table { width: 100%; border-collapse: collapse; }
th { width: 32mm; text-align: left; font-weight: normal; color: #444; }
th, td { vertical-align: top; padding: .4mm 1mm .4mm 0; }
td { overflow-wrap: anywhere; }
td, code { font-family: "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: 8pt; }
.signers { padding-left: 32mm; }
.many { padding-left: 0; column-count: 2; column-gap: 3mm; font-size: 5.9pt; line-height: 1.3; }
.many code { font-size: inherit; white-space: pre; }
ol { margin: 1mm 0; padding-left: 5mm; }
li { margin: .6mm 0; }
code { overflow-wrap: anywhere; }
footer { margin-top: 4mm; border-top: .5pt solid #888; color: #444; font-size: 8pt; }
tr, li { break-inside: avoid; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""


def page(proven: Proven, name: str, data: bytes, document_hash: bytes | None = None) -> str:
    """The page about a proof file called `name` with the bytes `data`, verified as `proven`.

    `document_hash` is the SHA-256 of the document that was checked, if one was.
    """
    chain = proven.genesis.chain_id.hex()
    bad = "" if proven.success else ' class="bad"'
    warnings = "".join(f"<p><b>But {escape(text)}.</b></p>" for text in proven.warnings)
    finals = [("Header that shows the state", proven.state)]
    if proven.block is not None:
        finals.insert(0, ("Block of the transaction", proven.block))
    digests = [("chain id", chain), ("proof file", f"{name}, SHA-256 {sha256(data)}")]
    if document_hash is not None:
        digests.insert(1, ("document", f"SHA-256 {document_hash.hex()}"))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Proof of chain {escape(proven.genesis.name)}</title><style>{STYLE}</style></head><body>
<header><b>Proof from a ledger</b><span>chain {escape(proven.genesis.name)}, height {proven.height}
</span></header>
<h1{bad}>{escape(proven.headline)}</h1>{warnings}
<h2>What is proven</h2>{table([*proven.facts, *digests])}
{"".join(final_section(title, final, proven) for title, final in finals)}
<h2>How to check it</h2>{steps(name, chain, document_hash is not None)}
<footer>This page proves nothing by itself: the proof file does, to whoever checks it against a
chain id that comes from elsewhere.</footer>
</body></html>
"""


def table(rows: Iterable[tuple[str, str]]) -> str:
    body = "".join(f"<tr><th>{escape(label)}<td>{escape(value)}" for label, value in rows)
    return f"<table>{body}</table>"


def final_section(title: str, final: Final, proven: Proven) -> str:
    first, last = final.first, final.headers[-1]
    rows = [
        ("header", f"height {first.height}, SHA-256 {first.digest.hex()}"),
        ("time", moment(first.time_ms)),
    ]
    if last is not first:
        rows.append(("final with", f"height {last.height}, SHA-256 {last.digest.hex()}"))
    of = len(proven.genesis.validators)
    rows += [
        ("state root", first.state_root.hex()),
        ("signed by", f"{len(final.signers)} of {of} validators"),
    ]
    signers = "".join(
        f"<div><code>{i:2} {proven.genesis.validators[i].hex()}</code></div>" for i in final.signers
    )
    style = "signers many" if len(final.signers) > SIGNERS_IN_ONE_COLUMN else "signers"
    return f'<h2>{escape(title)}</h2>{table(rows)}<div class="{style}">{signers}</div>'


def moment(time_ms: int) -> str:
    """Block time for people. Times after the year 9999 stay numbers."""
    text = f"{time_ms} ms since 1970 (UTC)"
    if time_ms >= YEAR_10000_MS:
        return text
    when = datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{when} ({text})"


def steps(name: str, chain: str, with_document: bool) -> str:
    document = " --document DOCUMENT" if with_document else ""
    command = f"python3 -I -S proof_file.py {name} --chain-id CHAIN_ID{document}"
    items = [
        f"Get the chain id from somebody you trust, not from this page, and compare it: "
        f"<code>{escape(chain)}</code>",
        f"Compare <code>sha256sum {escape(name)}</code> with the SHA-256 of the proof file above.",
        "Get <code>proof_file.py</code>: one file, which needs Python alone and may be read first.",
        f"Run <code>{escape(command)}</code>, offline if you like. Its first line must be the one "
        "in the frame above, and its exit status 0 (1 if a transaction was refused or a record is "
        "no longer active).",
        "By hand: the chain id is the SHA-256 of <code>genesis</code>, the digest of a header that "
        "of its 284 bytes. A validator signs (Ed25519) 0x12, chain id, epoch, view and digest. "
        "<code>docs/spec/proof.md</code> has the rest.",
    ]
    return "<ol>" + "".join(f"<li>{item}</li>" for item in items) + "</ol>"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
