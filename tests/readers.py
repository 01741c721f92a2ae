"""Readers that a test plugs in and out."""

import threading
from collections.abc import Sequence

from zairyu.activities.card_reader.errors import CardServiceUnavailable
from zairyu.sandbox.card.reader import InProcessReader


class PluggedReaders(InProcessReader):
    """The readers of a computer whose smart-card service can stop or hang."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.plugged: Sequence[str] = names
        """The readers that are plugged in now."""
        self.service_runs = True
        self.service_answers = threading.Event()
        """Unset, the service takes calls and does not answer."""
        self.service_answers.set()

    def names(self) -> Sequence[str]:
        self.service_answers.wait()
        if not self.service_runs:
            raise CardServiceUnavailable
        return self.plugged
