"""What operators may say to any process: what becomes of a matter that needs a person, and who does a manual step."""

from zairyu.models.base import BilingualText
from zairyu.models.messages import Resolve, ResolveAction
from zairyu.models.snapshot import AttentionReason, ManualStepKind
from zairyu.models.state import ProcessState


def why_not_resolved(
    message: Resolve, state: ProcessState, *, parked_on: AttentionReason | None = None
) -> BilingualText | None:
    """Why a decision on a matter cannot be taken; nothing when it can.

    Args:
        message: the decision.
        state: the process now.
        parked_on: the matter that the process stands still on; many never do.
    """
    if message.reason not in {attention.reason for attention in state.attention}:
        return BilingualText(ja="その要対応はありません。", en="There is no such matter.")
    acknowledged = message.action is ResolveAction.ACKNOWLEDGE
    if acknowledged is (message.reason is parked_on):
        return BilingualText(
            ja="停止中の案件にはRETRYかABANDON、その他にはACKNOWLEDGEを選んでください。",
            en="What is parked takes RETRY or ABANDON; any other matter takes ACKNOWLEDGE.",
        )
    return None


def silent(why: BilingualText) -> BilingualText:
    """What an operator reads of a watch that has had no luck for long, and why its last try had none."""
    return BilingualText(
        ja=f"1時間以上、新しい情報を読み取れていません。{why.ja}", en=f"No news for more than an hour. {why.en}"
    )


def why_no_such_step(kind: ManualStepKind, state: ProcessState) -> BilingualText | None:
    """Why a manual step can be neither taken nor done; nothing when it is open."""
    if kind in {step.kind for step in state.manual_steps}:
        return None
    return BilingualText(ja="その手作業は求められていません。", en="No such manual step is open.")
