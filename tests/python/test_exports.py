# SPDX-License-Identifier: Apache-2.0
"""What the modules offer is what they list, and the public names that stay are there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import chopmark

MODULES = ["chopmark", *(f"chopmark.{name}" for name in
           ("consensus", "ed25519", "embed", "errors", "evidence", "hash", "ledger", "merkle",
            "payloads", "testing"))]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_all_lists_exactly_the_public_names(name: str) -> None:
    module = importlib.import_module(name)
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    for exported in module.__all__:
        assert hasattr(module, exported), exported


@pytest.mark.parametrize("name", MODULES[1:])
def test_every_public_name_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for exported in module.__all__:
        value = getattr(module, exported)
        if inspect.isfunction(value) or inspect.isclass(value):
            assert inspect.getdoc(value), exported


def test_every_module_imports() -> None:
    for found in pkgutil.walk_packages(chopmark.__path__, "chopmark."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def test_build_info() -> None:
    about = chopmark.build_info()
    assert set(about) == {"version", "compiler", "backend", "available_backends", "cpu_features"}
    assert about["version"] == chopmark.__version__
    assert about["backend"] in about["available_backends"]
    assert about["available_backends"][0] == "portable"


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        ("ed25519.verify", "(public_key, signature, message, *, rule='zip215')"),
        (
            "ed25519.verify_batch",
            "(public_keys, signatures, messages, *, key_index=None, rule='zip215', method='auto', "
            "threads=1, out=None)",
        ),
        ("hash.sha256", "(data)"),
        ("hash.sm3_many", "(items, *, threads=1, out=None)"),
        ("merkle.leaf_hash", "(data, *, hash='sha256')"),
        ("merkle.verify_inclusion", "(leaf_hash, index, size, proof, root, *, hash='sha256')"),
        (
            "merkle.verify_consistency",
            "(old_size, new_size, proof, old_root, new_root, *, hash='sha256')",
        ),
    ],
)
def test_signatures_that_stay(function: str, signature: str) -> None:
    module, name = function.split(".")
    found = inspect.signature(getattr(importlib.import_module(f"chopmark.{module}"), name))
    bare = found.replace(
        parameters=[p.replace(annotation=p.empty) for p in found.parameters.values()],
        return_annotation=found.empty,
    )
    assert str(bare) == signature
