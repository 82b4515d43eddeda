# SPDX-License-Identifier: Apache-2.0
"""Where this installation keeps the C header and the CMake package (docs/embedding.md).

On the command line: `python -m chopmark --includedir`, `python -m chopmark --cmakedir`.
"""

from __future__ import annotations

from pathlib import Path

from chopmark import _core

__all__ = ["cmake_dir", "include_dir"]


def include_dir() -> Path:
    """The folder that holds `chopmark.h`, absolute.

    FileNotFoundError if the package was built without its C library.
    """
    return _folder("include", "chopmark.h")


def cmake_dir() -> Path:
    """The folder to pass to CMake as `chopmark_DIR`, absolute.

    FileNotFoundError if the package was built without its C library.
    """
    return _folder("lib/cmake/chopmark", "chopmarkConfig.cmake")


def _folder(name: str, holds: str) -> Path:
    # Beside the native module: with an editable installation the Python files are elsewhere.
    folder = Path(_core.__file__).resolve().parent / name
    if not (folder / holds).is_file():
        raise FileNotFoundError(f"this build of chopmark has no C library: no {folder / holds}")
    return folder
