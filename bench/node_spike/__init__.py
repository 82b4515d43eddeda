# SPDX-License-Identifier: Apache-2.0
"""How fast a node of Python over the native core can be, and where its CPU time goes.

Four validators, each a process, check and store the same transactions: a full mesh of TLS 1.3 with
certificates on both sides, frames of many transactions, the native pool and ledger, a block log
with fsync. It answers what of the node must be native (docs/adr/011-what-of-the-node-is-native.md).

Real: transactions and their signatures, `Pool.admit`, `Pool.select`, `Ledger.validate_block`,
`Ledger.finalize`, TLS, sockets, log and fsync. Simulated: consensus is a rotating leader and
unsigned votes, without timeouts, certificates or forks; a block that names what has not arrived
waits for it instead of asking; the network is loopback; nobody lies. `--execute-us` puts a stub
in the place of the ledger (stub.py) and says so in the label of the run.

Run `.venv/bin/python -m bench.node_spike --help` at the root of a checkout.
"""
