"""The signature password on its short way from the keyboard to the card."""

import re
import unicodedata
from types import TracebackType
from typing import Final, Self

from zairyu.activities.card_reader.errors import PinMalformed, PinNotGiven

_FORM: Final = re.compile(r"[0-9A-Za-z]{6,16}")


class SignPassword:
    """What a person typed, checked before any card sees it, and good for one VERIFY.

    The bytes are wiped when taken or when the block ends. Python cannot wipe the string it was made from, so
    whoever reads the keyboard lets go of that at once.
    """

    def __init__(self, typed: str) -> None:
        """Take what was typed; full-width and small letters count as the capitals the card knows.

        Raises:
            PinMalformed: It is not 6 to 16 of 0-9 and A-Z, so no card could accept it.
        """
        narrow = unicodedata.normalize("NFKC", typed.strip())
        # Before capitals are made: some letters of other languages turn into ASCII by that.
        if not _FORM.fullmatch(narrow):
            raise PinMalformed
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
        return "SignPassword(***)"
