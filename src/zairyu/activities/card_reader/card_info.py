"""The application for filling in forms (券面事項入力補助AP) of a My Number card: the four basic attributes.

The application also holds the individual number. It is not ours to read (番号法 第19条, 第20条): no file but that of
the attributes has a name here.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import ClassVar, Final

from zairyu.activities.card_reader.card_application import CardApplication
from zairyu.activities.card_reader.errors import CardFault, WrongCard
from zairyu.activities.card_reader.holder import is_holder
from zairyu.activities.card_reader.password import CardInfoPin
from zairyu.activities.card_reader.tlv import objects
from zairyu.models.card import ExpectedSigner

_ATTRIBUTES: Final = 0xFF20
_NAME: Final = 0xDF22
_ADDRESS: Final = 0xDF23
_BIRTH_DATE: Final = 0xDF24
_SEX: Final = 0xDF25

_DAY: Final = re.compile(rb"([0-9]{4})([0-9]{2})([0-9]{2})")


class _File(IntEnum):
    ATTRIBUTES = 0x0002
    PIN = 0x0011


class Sex(IntEnum):
    """As the card writes it (ISO/IEC 5218)."""

    UNKNOWN = 0
    MALE = 1
    FEMALE = 2
    NOT_APPLICABLE = 9


@dataclass(frozen=True)
class BasicAttributes:
    """基本4情報: the holder as the municipality registered them. Personal data: not in `repr`, never to be logged."""

    name: str = field(repr=False)
    """An ideographic space between its parts."""
    address: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)

    @classmethod
    def parse(cls, content: bytes) -> "BasicAttributes":
        """Read the card's file; objects we do not know are left alone, the table of places among them.

        Raises:
            CardFault: It is malformed, or an attribute is missing.
        """
        try:
            [(_, inner)] = objects(content)
            values = dict(objects(inner))
            return cls(
                name=values[_NAME].decode("utf-8"),
                address=values[_ADDRESS].decode("utf-8"),
                birth_date=_day(values[_BIRTH_DATE]),
                sex=_sex(values[_SEX]),
            )
        except (KeyError, ValueError):
            # Without the cause: its text may repeat the attributes.
            raise CardFault(detail="basic attributes: malformed") from None

    def require_holder(self, expected: ExpectedSigner) -> None:
        """Check that they are those of the person who is expected.

        Raises:
            WrongCard: The name or the birth date differs.
        """
        if not is_holder(expected, name=self.name, birth_date=f"{self.birth_date:%Y%m%d}"):
            raise WrongCard


class CardInfoSession(CardApplication):
    """One use of the attributes, from power-up to power-down."""

    aid: ClassVar[bytes] = bytes.fromhex("D3921000310001010408")

    def tries_left(self) -> int:
        """How many wrong PINs the card still takes; 0 when it is blocked. Costs nothing."""
        return self._tries_left(_File.PIN)

    def verify(self, pin: CardInfoPin, *, allow_last_try: bool = False) -> None:
        """Present the PIN to the card: one VERIFY, whatever comes of it.

        Args:
            pin: Used up by this call.
            allow_last_try: A person insists on using the last try.

        Raises:
            PinBlocked: No try is left, before or after this one.
            LastTryRefused: One try is left and nobody insists.
            WrongPin: The card counted a try.
            PinOutcomeUnknown: The answer was lost, or is none we know. A try may have been counted.
        """
        self._verify(_File.PIN, pin, allow_last_try=allow_last_try)

    def basic_attributes(self) -> BasicAttributes:
        """The holder's attributes. Needs the verified PIN.

        Raises:
            CardFault: The file is malformed, or the PIN is not verified.
        """
        self._require_file(_File.ATTRIBUTES)
        return BasicAttributes.parse(self._read_object(_ATTRIBUTES))


def _day(digits: bytes) -> date:
    match = _DAY.fullmatch(digits)
    if match is None:
        raise ValueError("no day")
    year, month, day = map(int, match.groups())
    return date(year, month, day)


def _sex(digit: bytes) -> Sex:
    # Observers know 1, 2 and 9; another digit says as little as none.
    try:
        return Sex(int(digit))
    except ValueError:
        return Sex.UNKNOWN
