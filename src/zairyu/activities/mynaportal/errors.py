"""What can go wrong with Mynaportal."""

from datetime import timedelta
from typing import ClassVar, Final

from zairyu.models.base import BilingualText
from zairyu.models.capability import Capability
from zairyu.models.errors import StepError
from zairyu.models.findings import Finding

_SOONEST: Final = timedelta(seconds=5)
_LATEST: Final = timedelta(hours=1)
"""A window may be over sooner than it was planned, or a clock may be wrong."""


def _bounded(pause: timedelta) -> timedelta:
    return min(max(pause, _SOONEST), _LATEST)


class MynaportalError(StepError):
    """The root of this branch."""


class MynaportalUnavailable(MynaportalError):
    """No answer, or one that says: later. Whether a call took effect is not known."""

    final: ClassVar[bool] = False
    sentence = BilingualText(
        ja="マイナポータルに接続できません。自動的に再試行します。",
        en="Mynaportal cannot be reached. It is tried again automatically.",
    )


class MynaportalUnderMaintenance(MynaportalError):
    """It rests, as it was announced or as it says itself. Nothing took effect."""

    final: ClassVar[bool] = False
    sentence = BilingualText(
        ja="マイナポータルはメンテナンス中です。終わり次第、自動的に再試行します。",
        en="Mynaportal is under maintenance. It is tried again automatically when that is over.",
    )

    def __init__(self, *, over_in: timedelta) -> None:
        super().__init__()
        self.again_in = _bounded(over_in)


class MynaportalRateExceeded(MynaportalError):
    """We ask more often than it lets us. Nothing took effect."""

    final: ClassVar[bool] = False
    sentence = BilingualText(
        ja="マイナポータルへのリクエストが多すぎます。指定された時間の後に、自動的に再試行します。",
        en="Mynaportal gets too many requests from us. It is tried again automatically, when it says so.",
    )

    def __init__(self, *, again_in: timedelta | None) -> None:
        """Where it does not say, the usual pauses count, which grow."""
        super().__init__()
        self.again_in = None if again_in is None else _bounded(again_in)


class CapabilityAbsent(MynaportalError):
    """The interface does not carry this: a person has to do it."""

    sentence = BilingualText(
        ja="この手続は連携されていません。窓口または画面で手続してください。",
        en="The interface does not carry this. A person has to do it.",
    )

    def __init__(self, capability: Capability | None = None) -> None:
        super().__init__(detail=capability)


class CursorUnknown(MynaportalError):
    """The feed does not know the place up to which it was read: it begins anew."""

    sentence = BilingualText(
        ja="状況通知の読取位置が無効になりました。最初から読み直します。",
        en="The feed does not know our place in it any more. It is read from its beginning.",
    )


class MynaportalAccessDenied(MynaportalError):
    """Our own credentials are not accepted: a matter of the provider, not of one application."""

    final: ClassVar[bool] = False
    sentence = BilingualText(
        ja="マイナポータルの認証に失敗しました。管理者は接続情報を確認してください。",
        en="Mynaportal does not accept our credentials. The operator has to check them.",
    )


class MynaportalRefused(MynaportalError):
    """The agency looked at what we sent and said no. The same again is refused again."""

    sentence = BilingualText(
        ja="受け付けられませんでした。理由を確認して申請内容を直してください。",
        en="The agency did not accept it. See the reasons and amend the application.",
    )

    def __init__(self, *, code: str, items: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(
            detail=code,
            findings=tuple(
                Finding(
                    place=place, rule=name, message=BilingualText(ja=f"受付側の誤り: {name}", en=f"Refused: {name}")
                )
                for place, name in items
            ),
        )


class MynaportalAnswerUnreadable(MynaportalError):
    """The answer is not what the interface promises."""

    final: ClassVar[bool] = False
    sentence = BilingualText(
        ja="マイナポータルの応答を解釈できません。自動的に再試行します。",
        en="Mynaportal's answer cannot be read. It is tried again automatically.",
    )
