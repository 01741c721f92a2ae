"""PINs on their short way from the keyboard to the card."""

import re
import unicodedata
from types import TracebackType
from typing import ClassVar, Self

from zairyu.activities.card_reader.errors import PinMalformed, PinNotGiven, UserPinMalformed, WrongPin, WrongUserPin


class CardPin:
    """What a person typed, checked before any card sees it, and good for one VERIFY.

    The bytes are wiped when taken or when the block ends. Python cannot wipe the string it was made from, so
    whoever reads the keyboard lets go of that at once.
    """

    form: ClassVar[re.Pattern[str]]
    """What a card may accept, in small or capital letters."""
    malformed: ClassVar[type[PinMalformed]]
    wrong: ClassVar[type[WrongPin]]
    """What it means that the card refused it."""

    def __init__(self, typed: str) -> None:
        """Take what was typed; full-width and small letters count as the capitals the card knows.

        Raises:
            PinMalformed: No card could accept it.
        """
        narrow = unicodedata.normalize("NFKC", typed.strip())
        # Before capitals are made: some letters of other languages turn into ASCII by that.
        if not self.form.fullmatch(narrow):
            raise self.malformed
        self._secret = bytearray(narrow.upper(), "ascii")

    def take(self) -> bytearray:
        """Hand over the bytes, once; the caller wipes them.

        One entry by a person is at most one VERIFY: there is nothing left to send a second time.

        Raises:
            PinNotGiven: They are gone.
        """
        secret, self._secret = self._secret, bytearray()
        if not secret:
            raise PinNotGiven(detail="the entry was used up")
        return secret

    def wipe(self) -> None:
        """Forget the bytes."""
        secret, self._secret = self._secret, bytearray()
        secret[:] = bytes(len(secret))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"


class SignPassword(CardPin):
    """署名用電子証明書の暗証番号: 6 to 16 of 0-9 and A-Z."""

    form = re.compile(r"[0-9A-Za-z]{6,16}")
    malformed = PinMalformed
    wrong = WrongPin


class UserPin(CardPin):
    """利用者証明用電子証明書の暗証番号: four digits."""

    form = re.compile(r"[0-9]{4}")
    malformed = UserPinMalformed
    wrong = WrongUserPin


class CardInfoPin(CardPin):
    """券面事項入力補助用の暗証番号: four digits, with a counter of its own."""

    form = re.compile(r"[0-9]{4}")
    malformed = UserPinMalformed
    wrong = WrongUserPin
