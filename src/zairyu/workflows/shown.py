"""What all long processes have in common: what is noted is seen from outside at once, and nothing is heard twice."""

from abc import ABC, abstractmethod
from typing import Any, Generic, Protocol, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    import structlog

    from zairyu.models.base import BilingualText
    from zairyu.models.messages import Message
    from zairyu.models.snapshot import TimelineEntry
    from zairyu.workflows.search_attributes import changes


class Told(Protocol):
    """The state of a process that hears and tells."""

    handled: list[str]
    timeline: list[TimelineEntry]


S = TypeVar("S", bound=Told)


class Shown(ABC, Generic[S]):
    """Keeps the state of a process, and shows it: search attributes, details, log."""

    def __init__(self, state: S) -> None:
        self.state = state
        self._stale = True
        self._shown: dict[SearchAttributeKey[Any], Any] = {}
        # Not structlog.get_logger(): that one would log again at every replay.
        self.log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
            workflow.logger,
            processors=[structlog.stdlib.render_to_log_kwargs],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    # ----- what is seen from outside ----------------------------------------------------------------------------

    @abstractmethod
    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        """The values under which the process is found, and the details operators read, in Markdown."""

    def changed(self) -> None:
        """The state is another one now; it is shown when this turn of the workflow is over."""
        self._stale = True

    async def keep_shown(self) -> None:
        """Show every change, for ever: one update of the search attributes for all changes of one turn."""
        while True:
            await workflow.wait_condition(lambda: self._stale)
            self.show()

    def show(self) -> None:
        """Show the present state: the search attributes that changed, and the details."""
        self._stale = False
        now, details = self._seen()
        workflow.upsert_search_attributes(changes(self._shown, now))
        self._shown = now
        workflow.set_current_details(details)

    def tell(self, ja: str, en: str) -> None:
        """Note what happened. Carries no personal data."""
        self.state.timeline.append(TimelineEntry(at=workflow.now(), text=BilingualText(ja=ja, en=en)))
        self.changed()

    # ----- messages ---------------------------------------------------------------------------------------------

    def first_time(self, message: Message) -> bool:
        """Whether a message is new, and not a repeat that must change nothing."""
        return self.is_new(message.message_id)

    def is_new(self, said_id: str) -> bool:
        """Whether what has this id was not heard before; from now on it has been."""
        if said_id in self.state.handled:
            return False
        self.state.handled.append(said_id)
        return True
