"""Moments at which a card leaves the reader."""

from dataclasses import dataclass
from enum import Enum

from zairyu.sandbox.card.iso7816 import Instruction


class PullMoment(Enum):
    """When, while a PIN is checked, the card leaves the reader."""

    BEFORE_COUNTING = "BEFORE_COUNTING"
    AFTER_COUNTING = "AFTER_COUNTING"
    """A try is counted, whether the PIN was right or not."""


@dataclass(frozen=True)
class PullAt:
    """The card leaves the reader when it gets a command, and does not carry it out."""

    instruction: Instruction
    nth: int = 1
    """Which of the commands with this instruction, counted from now on."""


class NoAnswerError(Exception):
    """The card was gone before it answered a command."""


class PulledOutError(NoAnswerError):
    """The card left the reader on its own, as it was told to."""


class PowerLostError(NoAnswerError):
    """Somebody took the power away meanwhile: pulled the card, or powered it down."""
