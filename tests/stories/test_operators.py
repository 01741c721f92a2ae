"""What operators find: the queries of the README, and what the details of an application say."""

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowExecution

from tests.world import World
from zairyu.models.names import number_key
from zairyu.models.snapshot import AttentionReason, Phase


async def found(world: World, query: str) -> list[WorkflowExecution]:
    return [execution async for execution in world.temporal.list_workflows(query)]


async def test_an_application_that_needs_a_person_is_found_with_its_reason(world: World) -> None:
    await world.arm("refuse")
    application_id = await world.start()
    await world.sign(application_id)
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))

    async def listed() -> list[WorkflowExecution]:
        executions = await found(world, "Attention IS NOT NULL AND ExecutionStatus = 'Running'")
        return [execution for execution in executions if execution.id == f"application/{application_id}"]

    await world.eventually(listed)
    (execution,) = await listed()
    attributes = {pair.key.name: pair.value for pair in execution.typed_search_attributes}
    assert attributes["Attention"] == [AttentionReason.SUBMISSION_REFUSED.value]
    assert attributes["Phase"] == Phase.SUBMISSION.value
    assert attributes["Office"] == "TOKYO"
    assert "NextDeadline" in attributes


@pytest.mark.parametrize(
    "query",
    [
        "ReceiptNumber = '{receipt_number}'",
        "AgencyStatus = 'DOCUMENTS_REQUESTED' AND ReceiptNumber = '{receipt_number}'",
        "Phase = 'EXAMINATION' AND ReceiptNumber = '{receipt_number}'",
        "NextDeadline < '{later}' AND ExecutionStatus = 'Running' AND ReceiptNumber = '{receipt_number}'",
    ],
)
async def test_every_query_of_the_readme_finds_the_application(world: World, query: str) -> None:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=str(world.today))
    asked = await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    later = f"{world.today.year + 1}-01-01T00:00:00+09:00"
    filled = query.format(receipt_number=number_key(asked.receipt_number or ""), later=later)

    async def listed() -> bool:
        return f"application/{application_id}" in {execution.id for execution in await found(world, filled)}

    await world.eventually(listed)


async def test_the_details_say_what_is_waited_for_and_what_has_happened(world: World) -> None:
    application_id = await world.start()
    await world.in_phase(application_id, Phase.SIGNATURE)
    details = await current_details(world, application_id)
    assert "Waiting for the applicant to sign" in details
    assert "Next deadline" in details
    assert "The package is built." in details
    assert world.persona.name not in details


async def current_details(world: World, application_id: str) -> str:
    metadata = await world.handle(application_id).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert isinstance(metadata, WorkflowMetadata)
    return metadata.current_details
