"""An application of a card: a name, and the files in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from zairyu.sandbox.card.tries import PinName


class ApplicationName(StrEnum):
    """The applications that the card carries."""

    JPKI = "JPKI"
    """公的個人認証AP: certificates and signatures."""
    CARD_INFO = "CARD_INFO"
    """券面入力補助AP: the holder's attributes as text."""


@dataclass(frozen=True)
class Pin:
    """A PIN. Its file is never read: it only names the PIN in commands."""

    name: PinName
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class DataFile:
    """Bytes to be read."""

    content: bytes = field(repr=False)
    pin: Pin | None = None
    """What has to be verified first."""


@dataclass(frozen=True)
class SigningKey:
    """A key that never leaves the card."""

    key: RSAPrivateKey = field(repr=False)
    pin: Pin
    """What has to be verified first."""


@dataclass(frozen=True)
class Application:
    """What can be selected by name."""

    name: ApplicationName
    aid: bytes
    files: Mapping[int, DataFile | Pin | SigningKey]
    """By identifier."""
