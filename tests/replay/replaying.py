"""A replay with the production plugin and its strict sandbox that also notes what the code asks for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.plugin import SimplePlugin
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker._command_aware_visitor import CommandInfo
from temporalio.workflow import Info, _Definition

from tests.replay.commands import Command, issued_commands
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin

_BUILD_ID = "replay-test"
_NO_SECRETS = KeyRing("replay", {"replay": bytes(32)})
"""Recorded histories are in clear; what is issued is looked at before it is sealed."""


@dataclass(frozen=True)
class Replayed:
    """What became of a replay."""

    failure: Exception | None
    """Why the Replayer refuses, if it does."""
    commands: Sequence[Command]
    """All that the code asked for, in order."""


async def replayed(history: WorkflowHistory, workflows: Sequence[type]) -> Replayed:
    """Live through a history with today's code."""
    issued: list[WorkflowCommand] = []
    replayer = Replayer(
        workflows=workflows,
        plugins=[
            zairyu_plugin(_NO_SECRETS),
            SimplePlugin("listening", workflow_runner=lambda runner: _Listening(runner, issued.extend)),
        ],
        build_id=_BUILD_ID,
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    started = history.events[0].workflow_execution_started_event_attributes
    return Replayed(
        failure=result.replay_failure,
        commands=issued_commands(issued, started, replay_queue=f"replay-{_BUILD_ID}"),
    )


class _Listening(WorkflowRunner):
    """Runs workflows as another runner does, and passes on a copy of what they ask for."""

    def __init__(self, runner: WorkflowRunner | None, hear: Callable[[Sequence[WorkflowCommand]], None]) -> None:
        assert runner is not None
        self._runner = runner
        self._hear = hear

    def prepare_workflow(self, defn: _Definition) -> None:
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _ListenedTo(self._runner.create_instance(det), self._hear)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._runner.set_worker_level_failure_exception_types(types)


class _ListenedTo(WorkflowInstance):
    def __init__(self, instance: WorkflowInstance, hear: Callable[[Sequence[WorkflowCommand]], None]) -> None:
        self._instance = instance
        self._hear = hear

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = self._instance.activate(act)
        # Copied: the worker encrypts the completion in its place.
        copy = WorkflowActivationCompletion()
        copy.CopyFrom(completion)
        self._hear(copy.successful.commands)
        return completion

    def get_serialization_context(self, command_info: CommandInfo | None) -> SerializationContext | None:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: CommandInfo | None) -> StorageDriverStoreContext:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Info:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()
