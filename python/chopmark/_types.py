# SPDX-License-Identifier: Apache-2.0
"""Types of arguments that hold bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chopmark._core import Ragged

BytesLike: TypeAlias = bytes | bytearray | memoryview
Bytes2d: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
ItemsLike: TypeAlias = Sequence[BytesLike] | NDArray[np.uint8] | Ragged
PackedLike: TypeAlias = BytesLike | ItemsLike  # also n items of fixed width in one buffer
Verdicts: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
AnyArray: TypeAlias = NDArray[Any]
