#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the sdist, the wheel from that sdist, and tries the wheel in an environment of its own.

Standard library only; everything happens in a temporary folder. Exit status 1 and one line that
says what is wrong when a step fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
SOURCES = ["CMakeLists.txt", "LICENSE", "README.md", "pyproject.toml", "cpp", "python"]
NOT_IN_SDIST = {".venv", ".git", ".ci", "build", "dist", "__pycache__"}
HINT = "the command line needs the node extra: pip install 'chopmark[node]'"

# Runs where the bare wheel is installed, isolated from the checkout and from user packages.
SMOKE = r"""
import hashlib, importlib.metadata, sys
import chopmark
from chopmark import ed25519, hash, merkle

version, root = sys.argv[1:]
assert chopmark.__file__.startswith(sys.prefix), chopmark.__file__
assert not chopmark.__file__.startswith(root), chopmark.__file__
found = (chopmark.__version__, chopmark.build_info()["version"],
         importlib.metadata.version("chopmark"))
assert found == (version,) * 3, f"versions {found}, expected {version}"

key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
signature = bytes.fromhex(  # RFC 8032, section 7.1, test 1
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
    "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)
ed25519.verify(key, signature, b"")
try:
    ed25519.verify(key, signature, b"x")
except chopmark.InvalidSignature:
    pass
else:
    raise AssertionError("a wrong signature verified")
assert ed25519.verify_batch([key] * 2, [signature] * 2, [b"", b"x"]).tolist() == [True, False]

assert hash.sha256(b"abc") == hashlib.sha256(b"abc").digest()
def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()
left, right = sha256(b"\0a"), sha256(b"\0b")
assert merkle.root([b"a", b"b"]) == sha256(b"\1", left, right)
"""


class Failure(Exception):
    """A step went wrong; the message is what a person should read."""


def require(condition: bool, message: str) -> None:
    if not condition:
        raise Failure(message)


def run(command: list[str], folder: Path, what: str) -> str:
    """The output of a command; shows it and raises Failure if the command fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout)
        raise Failure(f"{what} failed with exit code {done.returncode}")
    return done.stdout


def environment(folder: Path) -> Path:
    """The interpreter of a new virtual environment."""
    run([sys.executable, "-m", "venv", str(folder)], folder.parent, "making an environment")
    return folder / "bin" / "python"


def install(python: Path, *what: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*command, *what], python.parent, f"installing {' '.join(what)}")


def only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    require(len(found) == 1, f"expected one {pattern}, found {[path.name for path in found]}")
    return found[0]


def check_sdist(path: Path) -> None:
    """Everything that a build needs is inside, and nothing that only lay about."""
    require(path.name == f"chopmark-{VERSION}.tar.gz", f"the sdist is called {path.name}")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"PKG-INFO"}
    for source in SOURCES:
        whole = ROOT / source
        files = [whole] if whole.is_file() else whole.rglob("*")
        needed |= {
            str(file.relative_to(ROOT))
            for file in files
            if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".so"
        }
    require(needed <= names, f"the sdist lacks {sorted(needed - names)}")
    stray = sorted(name for name in names if NOT_IN_SDIST & set(Path(name).parts))
    require(not stray, f"the sdist holds {stray[:3]}")


def check_wheel(path: Path) -> None:
    """The package, its types and the licence are inside, under the right version."""
    require(path.name.startswith(f"chopmark-{VERSION}-"), f"the wheel is called {path.name}")
    info = f"chopmark-{VERSION}.dist-info"
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"{info}/METADATA").decode().partition("\n\n")[0].splitlines()
    package = ROOT / "python"
    needed = {
        str(file.relative_to(package))
        for file in package.rglob("*")
        if file.suffix in {".py", ".pyi"} or file.name == "py.typed"
    }
    require("chopmark/py.typed" in needed, "the checkout lacks py.typed")
    require(any(name.endswith(".pyi") for name in needed), "the checkout lacks the stubs")
    needed.add(f"{info}/licenses/LICENSE")
    require(needed <= names, f"the wheel lacks {sorted(needed - names)}")
    native = [name for name in names if name.startswith("chopmark/_core.")]
    require(len(native) == 1 and native[0].endswith(".so"), f"the native modules are {native}")
    for file in ("include/chopmark.h", "lib/cmake/chopmark/chopmarkConfig.cmake"):
        require(f"chopmark/{file}" in names, f"the wheel lacks {file} of the C library")
    stray = sorted(n for n in names if not n.startswith(("chopmark/", f"{info}/")))
    require(not stray, f"the wheel installs {stray[:3]} beside the package")
    require(f"Version: {VERSION}" in metadata, "the metadata has another version")
    require("License-Expression: Apache-2.0" in metadata, "the metadata has another licence")


def check_installed(python: Path, neutral: Path) -> None:
    """Only numpy came along, the smoke test passes, and the command says what it needs."""
    listed = run([str(python), "-m", "pip", "list", "--format=freeze"], neutral, "pip list")
    names = {line.partition("==")[0].lower() for line in listed.splitlines() if "==" in line}
    beside = names - {"pip", "setuptools", "wheel"}
    require(beside == {"chopmark", "numpy"}, f"the bare wheel installed {sorted(beside)}")
    run([str(python), "-I", "-c", SMOKE, VERSION, str(ROOT)], neutral, "the smoke test")
    helped = subprocess.run(
        [str(python), "-I", "-m", "chopmark", "--help"],
        cwd=neutral,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = helped.stdout.splitlines()
    hinted = len(lines) == 1 and HINT in lines[0] and helped.returncode == 1
    require(hinted, f"without the node extra, --help says {helped.stdout!r}")


def check_consumer(python: Path, language: str, folder: Path) -> None:
    """A program of tests/consumers builds against the bare wheel and runs."""
    where = run([str(python), "-I", "-m", "chopmark", "--cmakedir"], folder, "--cmakedir").strip()
    require(where.startswith(str(python.parents[1])), f"--cmakedir says {where}")
    source, build = ROOT / "tests" / "consumers" / language, folder / f"consumer-{language}"
    configure = ["cmake", "-S", str(source), "-B", str(build), f"-Dchopmark_DIR={where}"]
    run(configure, folder, f"configuring the consumer in {language}")
    run(["cmake", "--build", str(build)], folder, f"building the consumer in {language}")
    run([str(build / "consumer")], folder, f"the consumer in {language}")


def packages(folder: Path) -> None:
    tools = environment(folder / "tools")
    install(tools, "build")
    built = folder / "built"
    # Without --sdist or --wheel, build makes the wheel from the sdist that it has just made.
    run([str(tools), "-m", "build", "--outdir", str(built), str(ROOT)], folder, "the build")
    sdist, wheel = only(built, "*.tar.gz"), only(built, "*.whl")
    check_sdist(sdist)
    print(f"sdist {sdist.name}, {sdist.stat().st_size} bytes: complete", flush=True)
    check_wheel(wheel)
    print(f"wheel {wheel.name}, {wheel.stat().st_size} bytes: complete", flush=True)
    fresh = environment(folder / "fresh")
    install(fresh, str(wheel))
    neutral = folder / "neutral"
    neutral.mkdir()
    check_installed(fresh, neutral)
    print("wheel installed by itself: brings numpy only, verifies, hashes, hints at the node extra")
    for language in ("c", "cpp"):
        check_consumer(fresh, language, neutral)
    print("programs in C and C++ build against the wheel and run")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="chopmark-packages-") as name:
        try:
            packages(Path(name))
        except Failure as failure:
            sys.exit(f"packages.py: {failure}")


if __name__ == "__main__":
    main()
