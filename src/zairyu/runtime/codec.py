"""The payload codec: what reaches the Temporal server is ciphertext."""

from collections.abc import Iterable, Sequence

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from zairyu.runtime.keys import KeyRing

_ENCODING = b"binary/encrypted"
_PURPOSE = "temporal-payload"


class EncryptingCodec(PayloadCodec):
    """AES-256-GCM around every payload. Payloads of others, which are not encrypted, are read as they are."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt."""
        return [self.sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt what is encrypted.

        Raises:
            KeyRingError: the key is not on the ring, or the bytes were changed.
        """
        return list(self.opened(payloads))

    def sealed(self, payload: Payload) -> Payload:
        """One payload, encrypted; the key's name stands in the metadata for operators who look for old keys."""
        return Payload(
            metadata={"encoding": _ENCODING, "encryption-key-id": self._keys.current.encode()},
            data=self._keys.seal(payload.SerializeToString(), purpose=_PURPOSE),
        )

    def opened(self, payloads: Iterable[Payload]) -> Iterable[Payload]:
        """The payloads in clear."""
        for payload in payloads:
            if payload.metadata.get("encoding") == _ENCODING:
                yield Payload.FromString(self._keys.open(payload.data, purpose=_PURPOSE))
            else:
                yield payload
