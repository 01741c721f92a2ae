"""A guard before every workflow: a signal that carries no model is dropped.

Whoever sends nothing, `null` or too much would make the handler raise, and with it every later turn of the
workflow. The SDK itself drops only what cannot be decoded.
"""

from temporalio import workflow
from temporalio.worker import (
    HandleSignalInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from zairyu.models.base import Model


class SignalGuard(Interceptor):
    """Stands before the signal handlers of every workflow."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002
        """The guard for one workflow run."""
        return _Guard


class _Guard(WorkflowInboundInterceptor):
    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002
        """Let one model pass, and nothing else."""
        if len(input.args) == 1 and isinstance(input.args[0], Model):
            await super().handle_signal(input)
        else:
            workflow.logger.warning("a signal without a model was dropped", extra={"signal": input.signal})
