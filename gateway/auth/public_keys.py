"""Public keys that check tokens: from a PEM file, and whether a key fits its algorithm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.settings import SettingError

KEY_FILE_BYTES_MAX = 64 * 1024
_END = b"-----END PUBLIC KEY-----"


def public_keys(file: Path, algorithm: str) -> list[Any]:
    """The public keys in a PEM file (two while keys rotate). Raises ``SettingError`` if one does not fit ``algorithm``."""
    try:
        blocks = file.read_bytes()[:KEY_FILE_BYTES_MAX].split(_END)[:-1]
        keys = [load_pem_public_key(block.lstrip() + _END) for block in blocks]
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SettingError(f"jwt_key_file {file} cannot be read: {error}") from error
    if not keys:
        raise SettingError(f"jwt_key_file {file} holds no PUBLIC KEY")
    for key in keys:
        if not fits(key, algorithm):
            raise SettingError(f"jwt_key_file {file} holds no key for {algorithm}")
    return list(keys)


def fits(key: object, algorithm: str) -> bool:
    """Whether a public key is of the kind and strength that ``algorithm`` needs."""
    match algorithm:
        case "RS256":
            return isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048
        case "ES256":
            return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
        case "EdDSA":
            return isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)
    return False
