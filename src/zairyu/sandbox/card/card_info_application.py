"""券面入力補助AP, the application that spares the holder typing what is printed on the card.

Files as soltia48/myna-card and jpki/myna know them.
"""

import hashlib
from typing import Final

from zairyu.sandbox.card.application import Application, ApplicationName, DataFile, Pin
from zairyu.sandbox.card.personas import Persona
from zairyu.sandbox.card.tries import PinName

_AID: Final = bytes.fromhex("D3921000310001010408")

_MY_NUMBER: Final = 0xFF10
_ATTRIBUTES: Final = 0xFF20
_OFFSETS: Final = 0xDF21
_NAME: Final = 0xDF22
_ADDRESS: Final = 0xDF23
_BIRTH_DATE: Final = 0xDF24
_SEX: Final = 0xDF25


def card_info_application(holder: Persona, pin: str) -> Application:
    """The application as the municipality personalises it."""
    reference = Pin(PinName.CARD_INFO_PIN, pin.encode())
    return Application(
        ApplicationName.CARD_INFO,
        _AID,
        {
            0x0001: DataFile(_tlv(_MY_NUMBER, _no_my_number(holder).encode()) + b"\xff" * 2, reference),
            0x0002: DataFile(_attributes(holder) + b"\xff" * 16, reference),
            0x0011: reference,
        },
    )


def _no_my_number(holder: Persona) -> str:
    """Twelve digits that are nobody's Individual Number, since the last one is wrong on purpose.

    The right one: 番号法施行令 第8条 and 総務省令 第5条.
    """
    digits = f"{int.from_bytes(hashlib.sha256(holder.key.encode()).digest(), 'big') % 10**11:011d}"
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    right = 0 if remainder <= 1 else 11 - remainder
    return f"{digits}{(right + 1) % 10}"


def _attributes(holder: Persona) -> bytes:
    """Name, address, birth date and sex, after a table of where in the file each of them starts."""
    parts = (
        _tlv(_NAME, holder.registered_name.encode()),
        _tlv(_ADDRESS, holder.registered_address.encode()),
        _tlv(_BIRTH_DATE, f"{holder.birth_date:%Y%m%d}".encode()),
        _tlv(_SEX, holder.sex.encode()),
    )
    content = b"".join(parts)
    # The table is as long as it will be, whatever is in it.
    before = len(_tlv(_ATTRIBUTES, _tlv(_OFFSETS, bytes(8)) + content)) - len(content)
    starts = [before + sum(map(len, parts[:number])) for number in range(len(parts))]
    table = _tlv(_OFFSETS, b"".join(start.to_bytes(2, "big") for start in starts))
    return _tlv(_ATTRIBUTES, table + content)


def _tlv(tag: int, value: bytes) -> bytes:
    """BER-TLV with a tag of two bytes."""
    length = len(value)
    size = (length.bit_length() + 7) // 8
    head = bytes((length,)) if length < 0x80 else bytes((0x80 | size,)) + length.to_bytes(size, "big")
    return tag.to_bytes(2, "big") + head + value
