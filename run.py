#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Front door of a checkout: `python3 run.py demo | test | bench [arguments]`.

Standard library only. Builds the package into `.venv` inside the checkout (with `uv` where that is
on the PATH, else with pip) and runs the command there. Nothing is written outside the checkout but
the package manager's own cache.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BUILD_TOOLS = ["scikit-build-core>=1.0", "pybind11>=3.0.1"]
EXTRAS = {"demo": "node", "bench": "bench", "test": "test"}
EMULATED = {"arm64": "aarch64", "s390x": "s390x"}  # preset: as compilers and emulators call it


def fail(line: str) -> None:
    """One line that says what is wrong and what to do about it."""
    sys.exit(f"run.py: {line}")


def package_hint(debian: str, fedora: str, macos: str) -> str:
    if sys.platform == "darwin":
        return macos
    if shutil.which("dnf"):
        return f"sudo dnf install {fedora}"
    if shutil.which("apt-get"):
        return f"sudo apt-get install {debian}"
    return f"install {debian} with your package manager"


def find_compiler() -> str:
    """A C++20 compiler that really compiles: $CXX first, then the usual names."""
    hint = package_hint("g++", "gcc-c++", "xcode-select --install")
    named = os.environ.get("CXX")
    names = [named] if named else ["g++", "c++", "clang++"]
    for name in names:
        first, *options = shlex.split(name)
        path = shutil.which(first)
        if path is None:
            continue
        probe = subprocess.run(
            [path, *options, "-std=c++20", "-x", "c++", "-fsyntax-only", "-"],
            input="#include <bit>\n#include <span>\nint main() { return std::endian::native != "
            "std::endian::big ? 0 : int(std::span<int>{}.size()); }\n",
            capture_output=True,
            text=True,
            check=False,
        )
        if probe.returncode == 0:
            return shlex.join([path, *options])
    fail(f"no C++20 compiler found (tried {', '.join(names)}; g++ 12 or clang 14 at least): {hint}")
    raise AssertionError  # fail() does not return


def check_machine() -> str:
    if platform.system() == "Windows":
        fail("on Windows, use WSL2: run `wsl --install`, then this command inside it")
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must reach this line
        have = platform.python_version()
        hint = package_hint(
            "python3.11 python3.11-venv python3.11-dev",
            "python3.11-devel",
            "brew install python@3.12",
        )
        fail(f"Python 3.11 or newer is needed, this is {have}: {hint}")
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not header.is_file():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        hint = package_hint(f"python{version}-dev", "python3-devel", "brew install python@3.12")
        fail(f"the header {header} is missing: {hint}")
    return find_compiler()


def check_emulation() -> None:
    """What `test --full` needs beside the rest: cross compilers and emulators."""
    missing = []
    for cpu in EMULATED.values():
        if shutil.which(f"{cpu}-linux-gnu-g++") is None:
            missing.append(f"{cpu}-linux-gnu-g++")
        if shutil.which(f"qemu-{cpu}") is None and shutil.which(f"qemu-{cpu}-static") is None:
            missing.append(f"qemu-{cpu}")
    if missing:
        compilers = " ".join(f"g++-{cpu}-linux-gnu" for cpu in EMULATED.values())
        fail(
            f"--full needs {', '.join(missing)}: sudo apt-get install {compilers} qemu-user "
            "(Debian, Ubuntu)"
        )


def run(command: list[str], *, quiet: bool = False) -> None:
    """Runs a step; when it fails, its output is shown and so is the command."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
    )
    if result.returncode != 0:
        if quiet:
            print(result.stdout)
        fail(f"this step failed with exit code {result.returncode}: {shlex.join(command)}")


class Installer:
    """The package manager: uv where it is there, else pip, seen from the new environment."""

    def __init__(self) -> None:
        self.uv = shutil.which("uv")

    def create(self) -> None:
        if self.uv:
            os.environ["UV_PYTHON_DOWNLOADS"] = "never"
            run([self.uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
            return
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode == 0:
            return
        # Debian's python3 comes without ensurepip; a pip of the system can serve the environment.
        bare = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)]
        pip = subprocess.run(
            [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
        )
        if pip.returncode != 0 or subprocess.run(bare, check=False).returncode != 0:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            hint = package_hint(f"python{version}-venv", "python3-pip", "brew install python@3.12")
            fail(f"Python's venv module cannot make an environment: {hint}")

    def install(self, *arguments: str) -> None:
        if self.uv:
            base = [self.uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
        elif (VENV / "bin" / "pip").exists():
            base = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        else:
            base = [
                sys.executable,
                "-m",
                "pip",
                "--python",
                str(PYTHON),
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]
        run([*base, *arguments], quiet=True)


def fingerprint(extra: str) -> str:
    """Changes when anything changes that the installed package is built from."""
    digest = hashlib.sha256(f"{sys.executable} {sys.version} {extra}".encode())
    kinds = {".cpp", ".hpp", ".h", ".inl", ".map", ".cmake", ".in"}
    sources = [p for p in (ROOT / "cpp").rglob("*") if p.suffix in kinds]
    for path in sorted([*sources, ROOT / "pyproject.toml", ROOT / "CMakeLists.txt"]):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def prepare(extra: str) -> None:
    """Builds and installs the package, unless that was done for exactly these sources."""
    compiler = check_machine()
    stamp = VENV / f"chopmark-{extra}"
    wanted = fingerprint(extra)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    print(f"Building chopmark with {compiler} (the first time takes about two minutes)", flush=True)
    # Whatever was built from other sources is about to be replaced.
    for other in EXTRAS.values():
        kept = VENV / f"chopmark-{other}"
        if kept.is_file() and kept.read_text() != fingerprint(other):
            kept.unlink()
    os.environ["CXX"] = compiler
    installer = Installer()
    if not PYTHON.exists():
        installer.create()
    tools = list(BUILD_TOOLS)
    tools += [name for name in ("cmake", "ninja") if shutil.which(name) is None]
    installer.install(*tools)
    os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    installer.install("--no-build-isolation", "--editable", f"{ROOT}[{extra}]")
    stamp.write_text(wanted)
    print(f"Built in {time.monotonic() - started:.0f} s", flush=True)


def build_tests(preset: str) -> None:
    run(["cmake", "--preset", preset], quiet=True)
    jobs = str(os.cpu_count() or 1)
    run(["cmake", "--build", f"build/{preset}", "--parallel", jobs], quiet=True)


def test(arguments: list[str]) -> None:
    """C++ tests, lint, formats, types, stubs, then pytest."""
    os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    build_tests("ci")
    run(["build/ci/chopmark_tests"])
    run(["ctest", "--test-dir", "build/ci", "--output-on-failure", "-R", "^fuzz_"], quiet=True)
    cpp = [
        str(p)
        for folder in (
            "cpp",
            "tests/cpp",
            "tests/consumers",
            "tests/fuzz",
            "tests/search",
            "tests/mutants",
        )
        for p in sorted((ROOT / folder).rglob("*"))
        if p.suffix in {".c", ".cpp", ".h", ".hpp", ".inl"}
    ]
    run(["clang-format", "--dry-run", "--Werror", *cpp])
    run(["ruff", "check", "--quiet", "."])
    run(["ruff", "format", "--quiet", "--check", "."])
    run([str(PYTHON), "-m", "mypy"])
    run([str(PYTHON), "tools/stubs.py", "--check"])
    run([str(PYTHON), "-m", "pytest", *(a for a in arguments if a != "--full")])
    if "--full" in arguments:
        test_emulated()


def test_emulated() -> None:
    """The C++ tests on other processors, one of them big-endian."""
    for preset, cpu in EMULATED.items():
        print(f"C++ tests on {cpu}, emulated (a few minutes)", flush=True)
        build_tests(preset)
        run(["ctest", "--test-dir", f"build/{preset}", "--output-on-failure"])


def main() -> None:
    command, arguments = (sys.argv[1:2] or [""])[0], sys.argv[2:]
    if command not in EXTRAS:
        print(__doc__)
        print("  demo [PATH]   record a folder of documents on a ledger of four validators")
        print("  test          the whole test suite; further arguments go to pytest")
        print("  test --full   and then the C++ tests on emulated arm64 and s390x")
        print("  bench         native against pure Python and against peers")
        sys.exit(0 if command in {"", "-h", "--help", "help"} else 2)
    if command == "test" and "--full" in arguments:
        check_emulation()
    prepare(EXTRAS[command])
    if command == "test":
        test(arguments)
    else:
        os.execv(str(PYTHON), [str(PYTHON), "-m", "chopmark", command, *arguments])


if __name__ == "__main__":
    main()
