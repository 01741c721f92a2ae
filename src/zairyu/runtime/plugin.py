"""The one plugin of every client, worker, test and replay: converter, codec, guard, sandbox policy.

A replay with another converter than the worker's raises false alarms, so there is only this one.
"""

import dataclasses

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.plugin import SimplePlugin
from temporalio.worker import WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from zairyu.runtime.codec import EncryptingCodec
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.signal_guard import SignalGuard


def zairyu_plugin(keys: KeyRing) -> SimplePlugin:
    """Models in and out as JSON, encrypted; the texts of failures are encrypted too."""
    return SimplePlugin(
        "zairyu", data_converter=data_converter(keys), interceptors=[SignalGuard()], workflow_runner=_strict
    )


def data_converter(keys: KeyRing) -> DataConverter:
    """Pydantic's JSON, encrypted."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptingCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def _strict(runner: WorkflowRunner | None) -> WorkflowRunner:
    """A workflow module that forgets to pass an import through makes every run slow: refuse it."""
    restrictions = runner.restrictions if isinstance(runner, SandboxedWorkflowRunner) else SandboxRestrictions.default
    return SandboxedWorkflowRunner(
        restrictions=restrictions.with_import_notification_policy(
            SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        )
    )
