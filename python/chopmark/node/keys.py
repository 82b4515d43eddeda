# SPDX-License-Identifier: Apache-2.0
"""Key files: Ed25519 secret keys as PKCS #8 PEM (RFC 5958, RFC 8410), encrypted when a passphrase
is given, readable by their owner alone. The native core never sees a secret key.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from chopmark.errors import ChopmarkError

__all__ = ["KeyFileError", "load_key", "public_bytes", "save_key"]


class KeyFileError(ChopmarkError):
    """A key file that cannot be used; the message names the file and what to do."""


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public key."""
    return key.public_key().public_bytes_raw()


def save_key(path: Path, key: Ed25519PrivateKey, passphrase: bytes | None = None) -> None:
    """Writes a new key file with mode 0600. KeyFileError if the file is there already."""
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(passphrase)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} exists already: a key file is never overwritten") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def load_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Reads a key file that its owner alone can read. KeyFileError says what is wrong with it."""
    try:
        status = path.stat()
        pem = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from None
    if stat.S_IMODE(status.st_mode) & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise KeyFileError(f"{path} has mode {mode:04o}, expected 0600: run chmod 600 {path}")
    if status.st_uid != os.geteuid():
        raise KeyFileError(f"{path} belongs to user {status.st_uid}, not to {os.geteuid()}")
    try:
        key = load_pem_private_key(pem, passphrase)
    except TypeError:
        expected = "is encrypted: a passphrase is needed"
        if passphrase is not None:
            expected = "is not encrypted, but a passphrase was given"
        raise KeyFileError(f"{path} {expected}") from None
    except (ValueError, UnsupportedAlgorithm):
        expected = (
            "no PKCS #8 PEM key" if passphrase is None else "a wrong passphrase, or no PEM key"
        )
        raise KeyFileError(f"{path} holds {expected}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds a key of another kind, expected Ed25519")
    return key
