"""One desk terminal for as long as it is there: operators see whether it lives and what it can read cards with."""

from pydantic import ValidationError
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models.names import card_terminal_queue
    from zairyu.models.steps import WATCH_READERS
    from zairyu.models.terminal import (
        ReaderReport,
        RegisterTerminal,
        TerminalSnapshot,
        TerminalState,
        WatchReaders,
    )
    from zairyu.rules.calendar import JAPAN
    from zairyu.workflows.perform import StepFailed, perform


@workflow.defn(failure_exception_types=[ValidationError])
class TerminalWorkflow:
    """Watches one terminal until it closes or is gone. When it is back it registers again, as a new run.

    The watching is one long activity in the terminal's own process, and its heartbeat is the sign of life. So a desk
    that stands there for a day costs this workflow a few events.
    """

    @workflow.init
    def __init__(self, start: RegisterTerminal) -> None:
        # `null` and bytes pass the converter unread.
        start = RegisterTerminal.model_validate(start)
        self._snapshot = start.carried_over or TerminalSnapshot(
            terminal_id=start.terminal_id, registered_at=workflow.now()
        )

    @workflow.run
    async def run(self, start: RegisterTerminal) -> TerminalSnapshot:
        """Watch until there is nothing to watch. The result says how the terminal left."""
        self._show()
        while self._snapshot.state is TerminalState.PRESENT:
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start.model_copy(update={"carried_over": self._snapshot}))
            await self._watch()
            self._show()
        return self._snapshot

    async def _watch(self) -> None:
        terminal_id = self._snapshot.terminal_id
        try:
            report = await perform(
                WATCH_READERS,
                WatchReaders(known=self._snapshot.readers),
                summary=f"Watch the card readers of terminal {terminal_id}",
                queue=card_terminal_queue(terminal_id),
            )
        except StepFailed:
            self._ended(TerminalState.GONE)
        else:
            self._told(report)

    def _told(self, report: ReaderReport) -> None:
        if report.readers != self._snapshot.readers:
            self._snapshot = self._snapshot.model_copy(
                update={"readers": report.readers, "readers_since": workflow.now()}
            )
        if report.closing:
            self._ended(TerminalState.CLOSED)

    def _ended(self, how: TerminalState) -> None:
        self._snapshot = self._snapshot.model_copy(update={"state": how, "ended_at": workflow.now()})

    def _show(self) -> None:
        workflow.set_current_details(_details(self._snapshot))

    @workflow.query(description="Whether the terminal is there, and its card readers.")
    def snapshot(self) -> TerminalSnapshot:
        """The terminal as it told of itself last."""
        return self._snapshot


def _details(snapshot: TerminalSnapshot) -> str:
    """The terminal as operators read it in the UI: Markdown. Moments are shown in Japan's time."""
    since = snapshot.ended_at or snapshot.registered_at
    lines = [
        f"**Terminal {snapshot.terminal_id}** · {snapshot.state.label.en}, since "
        f"{since.astimezone(JAPAN):%Y-%m-%d %H:%M} JST",
        "",
    ]
    readers, readers_since = snapshot.readers, snapshot.readers_since
    if readers is None or readers_since is None:
        return "\n".join([*lines, "It has not told of its card readers yet."])
    moment = f"{readers_since.astimezone(JAPAN):%Y-%m-%d %H:%M} JST"
    if readers.problem is not None:
        return "\n".join([*lines, f"> ⚠ **{readers.problem.value}** since {moment} — {readers.problem.sentence.en}"])
    # As code: a name may hold characters that mean something in Markdown.
    return "\n".join([*lines, f"Card readers since {moment}:", "", *(f"- `{name}`" for name in readers.names)])
