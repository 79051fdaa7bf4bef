"""TLS: contexts for both sides, and a certificate for who has none."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Final

from bastproxy.libs.files import write_whole

CERTIFICATE: Final = "tls-certificate.pem"
KEY: Final = "tls-key.pem"

HANDSHAKE_SECONDS: Final = 10.0
"""How long one who connects may take to begin to speak TLS."""

_DAYS: Final = 3650
_BACK: Final = datetime.timedelta(days=1)  # clocks differ

# X509_V_ERR_* (openssl/x509_vfy.h), in a player's words.
_WRONG: Final = {
    9: "is not valid yet; is this computer's clock right?",
    10: "has expired",
    18: "is self-signed, so nobody vouches for it",
    19: "is signed by somebody who is not trusted here",
    20: "is signed by somebody who is not trusted here",
    21: "is signed by somebody who is not trusted here",
    23: "was revoked",
    62: "is for another name",
    64: "is for another address",
}
_ACCEPT: Final = (
    "to accept it all the same, set tls_verify to false (in its profile, if it has one)"
)


def client_context(*, verify: bool = True) -> ssl.SSLContext:
    """Return the context with which we connect to a MUD.

    :param verify: its certificate must be good, for its name, and trusted by the system.
    """
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the context with which we take clients in.

    :param certificate: a PEM file; the chain may follow in it.
    :param key: a PEM file, not encrypted.
    :raises OSError: a file cannot be read, or does not hold what it should (``ssl.SSLError``).
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key, password=_no_password)
    return context


def self_signed(directory: Path) -> tuple[Path, Path]:
    """Return the files of our own certificate and its key; make them where they are missing.

    A certificate that has expired, or that cannot be read, is replaced.

    :raises OSError: they cannot be written.
    """
    certificate, key = directory / CERTIFICATE, directory / KEY
    if not (_is_good(certificate) and key.is_file()):
        made = _make()
        write_whole(key, made[1])  # 0600: it is made by mkstemp
        write_whole(certificate, made[0])
    return certificate, key


def explain_tls(error: ssl.SSLError) -> str:
    """Say in words for a player why TLS with the MUD failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        wrong = _WRONG.get(error.verify_code, f"is not accepted: {error.verify_message}")
        return f"its certificate {wrong}; {_ACCEPT}"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "it ended the connection instead of speaking TLS"
    reason = getattr(error, "reason", None)  # Python's own errors have none
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return "it does not speak TLS on that port"
    return f"TLS with it failed: {(reason or str(error)).replace('_', ' ').lower()}"


def _no_password() -> str:
    raise ssl.SSLError("the key is encrypted; give one that is not")


def _is_good(certificate: Path) -> bool:
    from cryptography import x509  # it takes longer to import than all the rest

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    return found.not_valid_after_utc > datetime.datetime.now(datetime.UTC)


def _make() -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bastproxy")])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in _own_names()]
    names += [x509.IPAddress(ipaddress.ip_address(host)) for host in ("127.0.0.1", "::1")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    return certificate.public_bytes(encoding), key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _own_names() -> list[str]:
    host = socket.gethostname()
    return ["localhost", *([host] if host.isascii() and host and host != "localhost" else [])]
