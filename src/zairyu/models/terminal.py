"""What a desk terminal tells of itself: that it is there, and what it has to read cards with. No personal data."""

from enum import StrEnum

from pydantic import AwareDatetime

from zairyu.models.base import BilingualText, Model
from zairyu.models.messages import TerminalId


class ReaderProblem(StrEnum):
    """Why no card can be read at a terminal that is there."""

    CARD_SERVICE_UNAVAILABLE = "CARD_SERVICE_UNAVAILABLE"
    NO_READER = "NO_READER"

    @property
    def sentence(self) -> BilingualText:
        """What is wrong, and what its keeper can do about it."""
        return _PROBLEM_SENTENCES[self]


_PROBLEM_SENTENCES = {
    ReaderProblem.CARD_SERVICE_UNAVAILABLE: BilingualText(
        ja="スマートカードサービスが使えません。PC/SCサービス（Linuxではpcscd）が動いているか確認してください。",
        en="The smart-card service is not available. Check that the PC/SC service (pcscd on Linux) runs.",
    ),
    ReaderProblem.NO_READER: BilingualText(
        ja="カードリーダーがありません。カードリーダーを接続してください。",
        en="There is no card reader. Plug one in.",
    ),
}


class Readers(Model):
    """What a terminal has to read cards with."""

    names: tuple[str, ...] = ()
    """As the smart-card service calls them."""
    problem: ReaderProblem | None = None
    """Why no card can be read; nothing when one can."""


class WatchReaders(Model):
    """Asks a terminal to tell when its readers are other ones."""

    known: Readers | None = None
    """What it told last; nothing before it has told anything."""


class ReaderReport(Model):
    """What a terminal tells at the end of a watch."""

    readers: Readers
    closing: bool = False
    """The terminal is being shut down in order."""


class TerminalState(StrEnum):
    """Whether a terminal is there."""

    PRESENT = "PRESENT"
    CLOSED = "CLOSED"
    """It was shut down in order."""
    GONE = "GONE"
    """It went silent: switched off, crashed, or cut off from the network."""

    @property
    def label(self) -> BilingualText:
        """The state in words."""
        return _STATE_LABELS[self]


_STATE_LABELS = {
    TerminalState.PRESENT: BilingualText(ja="稼働中", en="present"),
    TerminalState.CLOSED: BilingualText(ja="終了", en="shut down"),
    TerminalState.GONE: BilingualText(ja="応答なし", en="gone: it went silent"),
}


class TerminalSnapshot(Model):
    """One desk terminal, as it is shown to operators and to other systems."""

    terminal_id: TerminalId
    state: TerminalState = TerminalState.PRESENT
    registered_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    """When it was found to be closed or gone."""
    readers: Readers | None = None
    """As last told; nothing before it has told anything."""
    readers_since: AwareDatetime | None = None
    """When they became what they are."""


class RegisterTerminal(Model):
    """The start of a terminal's workflow."""

    terminal_id: TerminalId
    carried_over: TerminalSnapshot | None = None
    """Set only by the workflow itself, when it continues as new."""
