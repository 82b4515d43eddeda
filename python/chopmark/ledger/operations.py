# SPDX-License-Identifier: Apache-2.0
"""The operations of the ledger as dataclasses (docs/spec/codec.md, C-50 to C-68).

Each is one action. `actor`, the index of the signer who acts, is 0 unless given; the other fields
stand in the order of the encoding.
"""

from chopmark.reference.operations import *  # noqa: F403
from chopmark.reference.operations import __all__ as __all__
