# SPDX-License-Identifier: Apache-2.0
"""Every way in which the ledger says no (docs/spec/ledger.md, L-11 and L-31)."""

from __future__ import annotations

from enum import IntEnum


class ResultCode(IntEnum):
    """Result of a transaction that stands in a block (L-31)."""

    OK = 0
    ROLE_DENIED = 1
    DUPLICATE_ID = 2
    UNKNOWN_RECORD = 3
    NOT_CONTROLLER = 4
    MISSING_REF = 5
    VERSION_CONFLICT = 6
    WITHDRAWN = 7
    STALE_VERSION = 8
    FROZEN = 9
    THRESHOLD = 10
    UNKNOWN_MEMBER = 11
    CONFLICT = 12
    LAST_VALIDATOR = 13
    KEY_UNKNOWN = 14
    KEY_REVOKED = 15
    KEY_REUSED = 16
    BAD_POSSESSION = 17
    LAST_KEY = 18
    LIMIT = 19
    SCHEMA = 20
    DUPLICATE_BACKING = 21
    BACKING_LIVE = 22
    HOLD = 23
    TOO_EARLY = 24
    EXPIRED = 25
    NO_GRANT = 26
    EXHAUSTED = 27
    PURPOSE = 28
    TEMPLATE = 29
    UNKNOWN_CASE = 30
    BAD_STATE = 31
    DEADLINE = 32
    CLASS = 33
    SUPPLY = 34
    NOT_ALLOWED = 35
    CAP = 36
    NOT_HOLDER = 37
    LOCKED = 38
    INSUFFICIENT = 39
    UNKNOWN_LOCK = 40
    DONE = 41
    COND_UNMET = 42
    NOT_PARTY = 43


class Refusal(IntEnum):
    """Why a block is refused and leaves no trace (L-11)."""

    OK = 0
    MALFORMED_HEADER = 101
    WRONG_CHAIN = 102
    PAYLOAD_MISMATCH = 103
    UNKNOWN_PARENT = 104
    WRONG_HEIGHT = 105
    WRONG_STATE_ROOT = 106
    WRONG_LOG = 107
    MALFORMED_PAYLOAD = 108
    MALFORMED_TRANSACTION = 109
    UNKNOWN_SIGNER = 110
    EXPIRED = 111
    TOO_FAR_AHEAD = 112
    REPLAY = 113
    BAD_SIGNATURE = 114
    TOO_MANY_OVERLAYS = 115
    WRONG_TIME = 116
