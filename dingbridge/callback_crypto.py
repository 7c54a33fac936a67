"""The platform's encrypted callbacks: verify, decrypt, and encrypt the answer (pure).

Rules: DingTalk's documents "配置 HTTP 推送" and "回调事件消息体加解密", and the classes published
with them. A callback is `POST …?signature=…&timestamp=…&nonce=…` with `{"encrypt": …}`; the answer
has the same form under other names, of which `timeStamp` is written with a capital S.

The plain text is 16 random octets, the message's length in octets (4, big-endian), the message in
UTF-8, and the owner's key, filled up to a multiple of 32; AES-256-CBC with the beginning of the key
as its vector, in base64. The signature is the lower-case SHA-1 of token, timestamp, nonce and
encrypted text, sorted and joined. It is the only thing that authenticates a message, so it is
verified before anything is decoded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import struct
from binascii import Error as Base64Error

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dingbridge.errors import CallbackError

__all__ = ["CallbackCrypto", "CallbackError"]

_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_CIPHER_BLOCK = 16  # octets
# The documents fill up to 32; two of the official classes to 16, so any filling up to 32 is read.
_FILLED_TO = 32
_RANDOM = 16
_HEAD = struct.Struct(f">{_RANDOM}sI")


class CallbackCrypto:
    """Reads and writes callbacks with one token, one key and one owner. Safe for threads."""

    def __init__(self, token: str, aes_key: str, owner: str) -> None:
        """`token` and `aes_key` (43 letters and digits) stand in the console beside the address.

        `owner` is whose callbacks these are: the client id (AppKey, SuiteKey) where events are
        ticked in the console, the corp id where an internal app registered them through the API.

        Raises CallbackError with the reason `token`, `aes_key` or `owner`.
        """
        # An empty token would let anybody sign, an empty owner would accept every message.
        if not token or not token.isascii():
            raise CallbackError("callback_settings", "token")
        if not _AES_KEY.fullmatch(aes_key):
            raise CallbackError("callback_settings", "aes_key")
        if not owner:
            raise CallbackError("callback_settings", "owner")
        # The last character may have bits that do not count: a strict decoder refuses legal keys.
        key = base64.b64decode(f"{aes_key}=")
        self._token = token
        self._owner = owner.encode()
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:_CIPHER_BLOCK]))

    def decrypt(self, encrypt: str, signature: str, timestamp: str, nonce: str) -> bytes:
        """The message of a callback: UTF-8, as a rule JSON.

        `encrypt` is the field of the body; `signature` (or `msg_signature`), `timestamp` and
        `nonce` stand in the query, as they came; what is missing or no text is signed by nobody.
        Nothing tells whether a message comes again: that is for its receiver.

        Raises CallbackError: with the code `callback_signature` where it is not signed with this
        token, `callback_unreadable` where it is not encrypted with this key, `callback_owner` where
        it is another's. None of it is for the sender: answer 403 with an empty body.
        """
        if not all(isinstance(part, str) for part in (encrypt, signature, timestamp, nonce)):
            raise CallbackError("callback_signature", "signature")
        expected = self._sign(encrypt, timestamp, nonce)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise CallbackError("callback_signature", "signature")
        text = _without_filling(self._decipher(_decoded(encrypt)))
        if len(text) < _HEAD.size:
            raise CallbackError("callback_unreadable", "length")
        _, length = _HEAD.unpack_from(text)
        message, owner = text[_HEAD.size :][:length], text[_HEAD.size + length :]
        if len(message) != length:
            raise CallbackError("callback_unreadable", "length")
        if owner != self._owner:
            raise CallbackError("callback_owner", "owner")
        try:
            message.decode()
        except UnicodeDecodeError:
            raise CallbackError("callback_unreadable", "utf8") from None
        return message

    def encrypt(self, message: str | bytes, timestamp: str, nonce: str) -> dict[str, str]:
        """What answers a callback (as JSON): `message` is `"success"`, as a rule.

        `timestamp` in milliseconds and `nonce` may be those of the callback or fresh ones.

        Returns `msg_signature`, `timeStamp`, `nonce` and `encrypt`.
        """
        octets = message.encode() if isinstance(message, str) else message
        text = _HEAD.pack(secrets.token_bytes(_RANDOM), len(octets)) + octets + self._owner
        filling = _FILLED_TO - len(text) % _FILLED_TO
        cipher = self._cipher.encryptor()
        secret = cipher.update(text + bytes([filling]) * filling) + cipher.finalize()
        encrypted = base64.b64encode(secret).decode()
        return {
            "msg_signature": self._sign(encrypted, timestamp, nonce),
            "timeStamp": timestamp,
            "nonce": nonce,
            "encrypt": encrypted,
        }

    def _sign(self, encrypt: str, timestamp: str, nonce: str) -> str:
        parts = [text.encode("utf-8", "replace") for text in (timestamp, nonce, encrypt)]
        # The platform's rule; the token is what protects it.
        joined = b"".join(sorted([self._token.encode(), *parts]))
        return hashlib.sha1(joined, usedforsecurity=False).hexdigest()

    def _decipher(self, secret: bytes) -> bytes:
        cipher = self._cipher.decryptor()
        return cipher.update(secret) + cipher.finalize()


def _decoded(encrypt: str) -> bytes:
    """Strict base64: a `+` that became a blank on its way is a fault of the receiver's reading."""
    try:
        secret = base64.b64decode(encrypt.encode("ascii"), validate=True)
    except (Base64Error, UnicodeEncodeError):
        raise CallbackError("callback_unreadable", "base64") from None
    if not secret or len(secret) % _CIPHER_BLOCK:
        raise CallbackError("callback_unreadable", "length")
    return secret


def _without_filling(text: bytes) -> bytes:
    filling = text[-1]
    if not 1 <= filling <= _FILLED_TO or text[-filling:] != bytes([filling]) * filling:
        raise CallbackError("callback_unreadable", "padding")
    return text[:-filling]
