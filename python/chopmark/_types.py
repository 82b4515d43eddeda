# SPDX-License-Identifier: Apache-2.0
"""Types of arguments that several modules take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chopmark._core import Ragged

__all__ = ["AnyArray", "BytesLike", "ItemsLike", "PackedLike", "Uint8Array", "Verdicts"]

Uint8Array: TypeAlias = npt.NDArray[np.uint8]

# One byte string: any buffer whose items are single bytes.
BytesLike: TypeAlias = bytes | bytearray | memoryview | Uint8Array

# Many byte strings: a sequence, the rows of an (n, m) array, or one buffer with offsets.
ItemsLike: TypeAlias = Sequence[BytesLike] | Uint8Array | Ragged
PackedLike: TypeAlias = BytesLike | ItemsLike  # also n items of fixed width in one buffer
Verdicts: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
AnyArray: TypeAlias = npt.NDArray[Any]
