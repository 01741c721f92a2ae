"""The keys that keep personal data unreadable outside our processes."""

import base64
import itertools
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM

_NONCE_BYTES = 12
_KEY_BYTES = 32
_TAG_BYTES = 16


class KeyRingError(Exception):
    """A key is missing or malformed, or sealed bytes cannot be opened. The text names no secret."""


class KeyRing:
    """Named AES-256-GCM keys: the current one seals, every one of them opens.

    Sealed bytes are one byte with the length of the key's name, the name, a 96-bit random nonce, and the
    ciphertext with its tag. `purpose` is bound to the ciphertext, so that bytes sealed for one use cannot be
    passed off as another's.
    """

    def __init__(self, current: str, keys: Mapping[str, bytes]) -> None:
        if current not in keys:
            # Without the names: in a file with its parts mixed up a key stands where a name should.
            raise KeyRingError("the current key is not among the keys")
        for number, (name, key) in enumerate(keys.items(), start=1):
            if len(key) != _KEY_BYTES:
                raise KeyRingError(f"key {number} has {len(key)} bytes; AES-256 takes {_KEY_BYTES}")
            if not 0 < len(name.encode()) < 256:
                raise KeyRingError("a key's name has 1 to 255 bytes")
        self.current = current
        self._keys = {name: AES256(key) for name, key in keys.items()}

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a key file: JSON with `current` and `keys`, names to base64."""
        try:
            content = json.loads(file.read_text())
            return cls(content["current"], {name: base64.b64decode(key) for name, key in content["keys"].items()})
        except FileNotFoundError:
            raise KeyRingError(f"there is no key file {file}") from None
        except OSError as error:
            raise KeyRingError(f"the key file {file} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            # Without the cause: its text would repeat part of the file.
            raise KeyRingError(f"{file} is not a key file") from None

    @classmethod
    def load_or_generate(cls, file: Path) -> Self:
        """Read a key file, or make one that only its owner can read; two starters make one, not two."""
        if not file.exists():
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise KeyRingError(f"no key file can be made at {file}: {error.strerror}") from None
            content = {"current": "local-1", "keys": {"local-1": base64.b64encode(secrets.token_bytes(32)).decode()}}
            draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as stream:
                json.dump(content, stream)
            try:
                os.link(draft, file)
            except FileExistsError:
                pass  # another process was first; its key counts
            finally:
                draft.unlink()
        return cls.load(file)

    def seal(self, plain: bytes, *, purpose: str) -> bytes:
        """Encrypt with the current key."""
        return b"".join(self.seal_stream([plain], purpose=purpose))

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        """Decrypt with whichever key sealed it.

        Raises:
            KeyRingError: the key is not on the ring, or the bytes were changed or sealed for another purpose.
        """
        return b"".join(self.open_stream([sealed], purpose=purpose))

    def seal_stream(self, plain: Iterable[bytes | memoryview], *, purpose: str) -> Iterator[bytes]:
        """Encrypt piece by piece with the current key; the pieces together are what `seal` gives."""
        name = self.current.encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealing = Cipher(self._keys[self.current], GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(purpose.encode())
        yield bytes([len(name)]) + name + nonce
        for piece in plain:
            yield sealing.update(piece)
        yield sealing.finalize() + sealing.tag

    def open_stream(self, sealed: Iterable[bytes | memoryview], *, purpose: str) -> Iterator[bytes]:
        """Decrypt piece by piece; the pieces together are what `open` gives.

        Nothing that it yields may be used before it has come to its end: only there stands what proves the bytes.

        Raises:
            KeyRingError: as `open`, but at the end or on the way.
        """
        pieces = iter(sealed)
        held = bytearray()

        def taken(count: int) -> bytes:
            """The next bytes; fewer where there are no more."""
            while len(held) < count and (piece := next(pieces, None)) is not None:
                held.extend(piece)
            start = bytes(held[:count])
            del held[:count]
            return start

        length = taken(1)
        name = taken(length[0] if length else 0).decode(errors="replace")
        nonce = taken(_NONCE_BYTES)
        if name not in self._keys:
            raise KeyRingError(f"sealed with key {name!r}, which is not on the ring")
        refusal = KeyRingError(f"cannot be opened with key {name!r} for {purpose!r}")
        if len(nonce) < _NONCE_BYTES:
            raise refusal
        opening = Cipher(self._keys[name], GCM(nonce)).decryptor()
        opening.authenticate_additional_data(purpose.encode())
        for piece in itertools.chain((b"",), pieces):
            held.extend(piece)
            # The last bytes that were seen may be the tag.
            yield opening.update(held[:-_TAG_BYTES])
            del held[:-_TAG_BYTES]
        try:
            yield opening.finalize_with_tag(bytes(held))
        except (InvalidTag, ValueError):
            raise refusal from None
