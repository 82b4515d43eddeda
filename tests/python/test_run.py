# SPDX-License-Identifier: Apache-2.0
"""run.py: what is missing on a machine gets one line that says what to install."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

PATH = Path(__file__).resolve().parents[2] / "run.py"


@pytest.fixture
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", PATH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def message(caught: pytest.ExceptionInfo[SystemExit]) -> str:
    text = str(caught.value)
    assert text.startswith("run.py: ") and "\n" not in text
    return text


def test_windows(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    with pytest.raises(SystemExit) as caught:
        run.check_machine()
    assert "WSL2" in message(caught)


def test_old_python(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.1")
    with pytest.raises(SystemExit) as caught:
        run.check_machine()
    assert "Python 3.11" in message(caught) and "3.10.1" in message(caught)


def test_missing_header(run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    with pytest.raises(SystemExit) as caught:
        run.check_machine()
    assert "Python.h" in message(caught)


@pytest.mark.parametrize(
    ("tool", "hint"),
    [("apt-get", "sudo apt-get install g++"), ("dnf", "sudo dnf install gcc-c++"), ("", "g++")],
)
def test_missing_compiler(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tool: str, hint: str
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: name if name == tool else None)
    with pytest.raises(SystemExit) as caught:
        run.find_compiler()
    assert hint in message(caught)


def test_compiler_that_does_not_compile(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(SystemExit) as caught:
        run.find_compiler()
    assert "tried false" in message(caught)


def test_compiler_with_a_launcher(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "env g++")
    assert run.find_compiler().endswith("env g++")


@pytest.mark.parametrize("there", [(), ("aarch64-linux-gnu-g++", "qemu-aarch64-static")])
def test_full_without_emulators(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...]
) -> None:
    """Said before anything is built."""
    monkeypatch.setattr(sys, "argv", ["run.py", "test", "--full"])
    monkeypatch.setattr(shutil, "which", lambda name: name if name in there else None)
    monkeypatch.setattr(run, "prepare", lambda extra: pytest.fail("built first"))
    with pytest.raises(SystemExit) as caught:
        run.main()
    text = message(caught)
    needs, line = text.split(": ", maxsplit=2)[1:]
    assert line.startswith(
        "sudo apt-get install g++-aarch64-linux-gnu g++-s390x-linux-gnu qemu-user "
    )
    assert "s390x-linux-gnu-g++, qemu-s390x" in needs
    assert ("aarch64" in needs) == (not there)


@pytest.mark.parametrize("full", [False, True])
def test_full_runs_everything_and_then_the_emulators(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setattr(run, "run", lambda command, quiet=False: commands.append(command))
    run.test(["-q", *(["--full"] if full else [])])
    pytest_at = next(i for i, command in enumerate(commands) if "pytest" in command)
    assert commands[pytest_at][-1] == "-q"
    after = [command[:3] for command in commands[pytest_at + 1 :]]
    expected = [
        step
        for preset in ("arm64", "s390x")
        for step in (
            ["cmake", "--preset", preset],
            ["cmake", "--build", f"build/{preset}"],
            ["ctest", "--test-dir", f"build/{preset}"],
        )
    ]
    assert after == (expected if full else [])


def test_unknown_command() -> None:
    done = subprocess.run(
        [sys.executable, str(PATH), "dance"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "demo" in done.stdout and "test" in done.stdout


def test_fingerprint_follows_the_sources(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cpp").mkdir()
    for name in ("pyproject.toml", "CMakeLists.txt", "cpp/a.cpp"):
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    seen = [run.fingerprint("test"), run.fingerprint("demo")]
    (tmp_path / "cpp" / "a.cpp").write_text("2")
    seen.append(run.fingerprint("test"))
    assert len(set(seen)) == 3 and run.fingerprint("test") == seen[2]
