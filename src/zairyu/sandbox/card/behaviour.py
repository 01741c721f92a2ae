"""What differs between the cards in circulation, or between their observers."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Final

_LONGEST_ANSWER: Final = 0x10000


class Token(StrEnum):
    """What kind of card it says it is (the token name in EF 0006)."""

    MY_NUMBER_CARD = "JPKIAPICCTOKEN2"
    JUKI_CARD = "JPKIAPICCTOKEN"
    ANDROID = "JPKIAPGPSETOKEN"
    IPHONE = "JPKIAPIOSTOKEN"


class Atr(StrEnum):
    """Answers to reset that were seen, in hexadecimal (OpenSC, and pcsc-tools' list of cards)."""

    CONTACT = "3BE000FF8131FE4514"
    CONTACT_EXTENDED = "3BDA13FF8131FB468012392F31C173C601C03B"
    """Says that it takes commands of extended length."""
    CONTACT_SHORT = "3BC5FF8131FB458073C6010000"
    """Says that it does not."""
    CONTACTLESS = "3B8880010000" + "05E0B381A1007F"
    """Type B; made up by the reader."""
    CONTACTLESS_OTHER = "3B8880010000" + "41E0B381A1003B"


class BlockedStatus(IntEnum):
    """The answer to a PIN that has no try left."""

    JICSAP = 0x6984
    """"Referenced IEF blocked": what My Number cards say."""
    ISO = 0x6983
    """"Authentication method blocked": what some clients wait for."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One kind of card."""

    token_name: str = Token.MY_NUMBER_CARD
    """Any text of up to 32 ASCII characters; the known ones are `Token`."""
    atr: Atr = Atr.CONTACT
    has_sign_certificate: bool = True
    """Holders under 15 have none."""
    has_auth_certificate: bool = True
    fails_first_command: bool = False
    """The first command after power-up is answered 6F00."""
    select_clears: bool = False
    """Selecting an application ends the verified state."""
    warm_reset_clears: bool = False
    """A warm reset ends the verified state; without it, only a loss of power does."""
    chains_answers: bool = False
    """Answers with data are announced by 61xx and fetched by GET RESPONSE."""
    corrects_le: bool = False
    """An Le other than the length of the answer is refused by 6Cxx, which tells the right one."""
    most_per_read: int = _LONGEST_ANSWER
    """Bytes; a stack may give fewer than asked for."""
    takes_extended_length: bool = False
    """Commands with lengths of three bytes are answered; without it, they are refused by 6700."""
    blocked_status: BlockedStatus = BlockedStatus.JICSAP
    delay: timedelta = timedelta()
    """How long each command takes."""
    signing_delay: timedelta = timedelta()
    """How much longer a signature takes; without contacts, a card computes RSA for up to seconds."""
