# SPDX-License-Identifier: Apache-2.0
"""A certificate authority for one run, and TLS 1.3 contexts that trust nobody else."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["cipher_configuration", "context", "issue", "peer_name"]


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def issue(folder: Path, names: list[str]) -> None:
    """Writes `ca.pem`, and for each name one file with its key and certificate."""
    ca_key = Ed25519PrivateKey.generate()
    now = datetime.now(UTC)

    def certificate(name: str, key: Ed25519PrivateKey, ca: bool) -> bytes:
        return (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("ca"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(ca_key, None)
            .public_bytes(Encoding.PEM)
        )

    (folder / "ca.pem").write_bytes(certificate("ca", ca_key, True))
    for name in names:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem + certificate(name, key, False))


def context(folder: Path, name: str, *, server: bool) -> ssl.SSLContext:
    """TLS 1.3 only, a certificate of our authority demanded from the other side."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(folder / "ca.pem")
    made.load_cert_chain(folder / f"{name}.pem")
    return made


def peer_name(ssl_object: ssl.SSLObject) -> str:
    """The common name in the certificate of the other side."""
    encoded = ssl_object.getpeercert(binary_form=True)
    assert encoded is not None
    subject = x509.load_der_x509_certificate(encoded).subject
    return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def cipher_configuration(folder: Path, cipher: str) -> Path:
    """An OpenSSL configuration that allows one TLS 1.3 suite: the module `ssl` of this Python
    cannot choose among them.
    """
    path = folder / "openssl.cnf"
    path.write_text(
        "openssl_conf = main\n[main]\nssl_conf = modules\n[modules]\nsystem_default = suites\n"
        f"[suites]\nCiphersuites = TLS_{cipher}_SHA{'384' if '256_GCM' in cipher else '256'}\n"
    )
    return path
