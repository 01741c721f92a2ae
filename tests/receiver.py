"""A stand-in for an application: found by its numbers, it keeps what it is told."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models.base import Model
    from zairyu.models.messages import AgencyWrote
    from zairyu.models.names import number_key
    from zairyu.models.status import Heard
    from zairyu.workflows.search_attributes import PROVISIONAL_NUMBER, RECEIPT_NUMBER


class Filed(Model):
    """The numbers that it is found by."""

    receipt: str | None = None
    provisional: str | None = None


class Told(Model):
    """What it was told, as often as it was."""

    news: tuple[Heard, ...] = ()


@workflow.defn(name="ApplicationWorkflow")
class Receiver:
    """An application that has been filed."""

    def __init__(self) -> None:
        self._news: list[Heard] = []

    @workflow.run
    async def run(self, filed: Filed) -> None:
        keys = ((RECEIPT_NUMBER, filed.receipt), (PROVISIONAL_NUMBER, filed.provisional))
        workflow.upsert_search_attributes([key.value_set(number_key(number)) for key, number in keys if number])
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def agency_wrote(self, news: AgencyWrote) -> None:
        self._news.append(news.heard)

    @workflow.query
    def told(self) -> Told:
        return Told(news=tuple(self._news))
