# SPDX-License-Identifier: Apache-2.0
"""Programs in C and C++ are built against the installed package, and run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import chopmark
from chopmark import embed

CONSUMERS = ROOT / "tests" / "consumers"
HEADER = embed.include_dir() / "chopmark.h"
LIBRARY = next(embed.cmake_dir().parents[1].glob("libchopmark.*"))
STRICT = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"


def run(*command: object, folder: Path) -> str:
    """The output of a command that must succeed; the library is found without help."""
    environment = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{shlex.join(map(str, command))}\n{done.stdout}"
    return done.stdout


def folder_of(option: str, folder: Path) -> Path:
    return Path(run(sys.executable, "-m", "chopmark", option, folder=folder).strip())


def compiler(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None or shutil.which("cmake") is None:
        pytest.skip(f"needs cmake and a compiler ({' or '.join(names)})")
    return found


@pytest.mark.parametrize(
    ("name", "language", "shown"), [("c", "C", "from C: ok"), ("cpp", "CXX", "from C++: ok")]
)
def test_cmake_consumer(name: str, language: str, shown: str, tmp_path: Path) -> None:
    compiler(*(["cc", "gcc", "clang"] if language == "C" else ["c++", "g++", "clang++"]))
    run("cmake", "-S", CONSUMERS / name, "-B", tmp_path,
        f"-Dchopmark_DIR={folder_of('--cmakedir', tmp_path)}",
        f"-DCMAKE_{language}_FLAGS={STRICT}", folder=tmp_path)  # fmt: skip
    run("cmake", "--build", tmp_path, folder=tmp_path)
    said = run(tmp_path / "consumer", folder=tmp_path)
    assert f"chopmark {chopmark.__version__} {shown}" in said


def test_package_that_moved(tmp_path: Path) -> None:
    """Nothing in the installed files says where they were installed."""
    compiler("cc", "gcc", "clang")
    moved = tmp_path / "moved"
    shutil.copytree(HEADER.parent, moved / "include")
    shutil.copytree(LIBRARY.parent, moved / "lib")
    for text in [*moved.rglob("*.cmake"), *moved.rglob("*.pc")]:
        assert str(HEADER.parents[1]) not in text.read_text(), text.name
    build = tmp_path / "build"
    run("cmake", "-S", CONSUMERS / "c", "-B", build, f"-DCMAKE_PREFIX_PATH={moved}",
        folder=tmp_path)  # fmt: skip
    run("cmake", "--build", build, folder=tmp_path)
    run(build / "consumer", folder=tmp_path)


def pkg_config(file: Path) -> dict[str, str]:
    """What pkg-config would say: fields and variables of a .pc file, with variables replaced."""
    said = {"pcfiledir": str(file.parent)}
    for name, value in re.findall(r"^(\w+)(?:: |=)(.*)$", file.read_text(), re.MULTILINE):
        said[name] = re.sub(r"\$\{(\w+)\}", lambda match: said[match[1]], value)
    return said


def test_pkg_config_consumer(tmp_path: Path) -> None:
    cc = compiler("cc", "gcc", "clang")
    said = pkg_config(LIBRARY.parent / "pkgconfig" / "chopmark.pc")
    assert said["Version"] == chopmark.__version__
    flags = shlex.split(f"{said['Cflags']} {said['Libs']}")
    run(cc, "-std=c99", CONSUMERS / "c" / "main.c", "-o", "consumer", *flags, folder=tmp_path)
    run(tmp_path / "consumer", folder=tmp_path)


def test_folders(tmp_path: Path) -> None:
    assert folder_of("--includedir", tmp_path) == embed.include_dir()
    assert folder_of("--cmakedir", tmp_path) == embed.cmake_dir()


def declared() -> set[str]:
    return set(
        re.findall(r"^CHOPMARK_API [^;(]*?(chopmark_\w+)\(", HEADER.read_text(), re.MULTILINE)
    )


def test_the_library_shows_what_the_header_declares_and_nothing_else() -> None:
    nm = shutil.which("nm")
    if nm is None or sys.platform != "linux":
        pytest.skip("needs nm and an ELF library")
    listing = subprocess.run(
        [nm, "--dynamic", "--defined-only", "--format=posix", LIBRARY],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    shown = {line.split()[0].partition("@")[0] for line in listing.splitlines()}
    abi = re.findall(r"^#define CHOPMARK_ABI_VERSION (\d+)$", HEADER.read_text(), re.MULTILINE)
    assert shown == {f"CHOPMARK_{abi[0]}", *declared()}
    assert len(declared()) == 11


def test_the_header_is_the_one_of_the_checkout() -> None:
    assert HEADER.read_text() == (ROOT / "cpp" / "include" / "chopmark.h").read_text()


def test_every_function_is_explained() -> None:
    page = (ROOT / "docs" / "embedding.md").read_text()
    for function in declared():
        assert function in page, function
