# SPDX-License-Identifier: Apache-2.0
"""What stands in the state (docs/spec/ledger.md, L-24 to L-26 and L-82 to L-94), as dataclasses.

`Ledger.get` and `Ledger.prove` take one of these types and what identifies the entry.
"""

from chopmark.reference.ledger.entries import *  # noqa: F403
from chopmark.reference.ledger.entries import __all__ as __all__
