# SPDX-License-Identifier: Apache-2.0
"""The printed page about a proof: complete, escaped, self-contained."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from proof_world import COMMITMENT, COURT, DOCUMENT, DOCUMENT_HASH, SALT, Chain, record_id

from chopmark.cli.proof import proof
from chopmark.cli.proof_page import moment, page
from chopmark.ledger import Create
from chopmark.node.proof import Opening, Proof, draft_record, draft_transaction
from chopmark.reference import proof_file
from chopmark.reference.proof_file import Proven

RECORD = record_id("finding")
EVIL = "<script>alert(1)</script>&\"'"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain("pages", 4)


@pytest.fixture(scope="module")
def files(chain: Chain) -> dict[str, Proof]:
    done = chain.run(Create(RECORD, 0, COMMITMENT))
    failed = chain.run(Create(RECORD, 0, COMMITMENT), by=(COURT, 1))
    ledger, opening = chain.node.ledger, Opening(0, SALT)
    drafts = {
        "done": draft_transaction(ledger, chain.blocks, done, opening),
        "failed": draft_transaction(ledger, chain.blocks, failed, opening),
        "record": draft_record(ledger, RECORD, SALT),
    }
    return {name: chain.prove(draft) for name, draft in drafts.items()}


class Page(HTMLParser):
    """Text, tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", set[str](), set[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def proven_of(chain: Chain, one: Proof) -> Proven:
    return proof_file.verify(one.cbor(), chain.chain_id, DOCUMENT_HASH)


@pytest.mark.parametrize("name", ["done", "failed", "record"])
def test_page_says_it_all(chain: Chain, files: dict[str, Proof], name: str) -> None:
    data = files[name].cbor()
    proven = proven_of(chain, files[name])
    html = page(proven, "proof.cbor", data, DOCUMENT_HASH)
    read = Page(html)
    assert proven.headline in read.text
    for value in (
        chain.chain_id.hex(),
        hashlib.sha256(data).hexdigest(),
        DOCUMENT_HASH.hex(),
        proven.state.first.digest.hex(),
        proven.state.first.state_root.hex(),
        *(proven.genesis.validators[i].hex() for i in proven.state.signers),
        *(value for _, value in proven.facts),
    ):
        assert value in read.text
    assert ('class="bad"' in html) == (name == "failed")
    assert ("Block of the transaction" in html) == (name != "record")


def test_page_loads_nothing(chain: Chain, files: dict[str, Proof]) -> None:
    html = page(proven_of(chain, files["done"]), "proof.json", b"")
    read = Page(html)
    assert not read.tags & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert not read.attributes & {"src", "href", "onload", "style"}
    assert not re.search(r"url\(|@import|https?:", html)
    assert "default-src 'none'" in html


def test_everything_is_escaped(chain: Chain, files: dict[str, Proof]) -> None:
    proven = proven_of(chain, files["done"])
    evil = replace(
        proven,
        headline=EVIL,
        facts=[(EVIL, EVIL)],
        warnings=[EVIL],
        genesis=replace(proven.genesis, name=EVIL),
    )
    html = page(evil, EVIL, b"", None)
    assert "<script" not in html and Page(html).tags == Page(page(proven, "a", b"")).tags | {
        "p",
        "b",
    }
    assert Page(html).text.count(EVIL) >= 7


def test_times() -> None:
    assert moment(0) == "1970-01-01 00:00:00 UTC (0 ms since 1970 (UTC))"
    assert moment(1_795_616_411_848).startswith("2026-11-25 14:20:11 UTC")
    assert moment(2**64 - 1) == "18446744073709551615 ms since 1970 (UTC)"
    moment(253_402_300_799_999)


def test_command(chain: Chain, files: dict[str, Proof], tmp_path: Path) -> None:
    good, document, html = (tmp_path / name for name in ("proof.cbor", "document", "page.html"))
    good.write_bytes(files["done"].cbor())
    document.write_bytes(DOCUMENT)
    arguments = ["show", str(good), "--html", str(html), "--chain-id"]
    run = CliRunner().invoke(proof, [*arguments, "00" * 32])
    assert run.exit_code == 1 and run.output.startswith("NOT PROVEN: ") and not html.exists()
    assert CliRunner().invoke(proof, [*arguments, "00"]).exit_code == 2
    run = CliRunner().invoke(proof, [*arguments, chain.chain_id.hex(), "--document", str(document)])
    assert run.exit_code == 0 and f"page: {html}" in run.output
    assert html.read_text().startswith("<!DOCTYPE html>")
    checked = ["verify", str(good), "--chain-id", chain.chain_id.hex(), "--kind", "transaction"]
    assert CliRunner().invoke(proof, checked).exit_code == 0
    assert CliRunner().invoke(proof, [*checked, "--about", "00"]).exit_code == 1
