"""What can go wrong with Mynaportal."""

from typing import ClassVar

from zairyu.models.base import BilingualText
from zairyu.models.errors import StepError
from zairyu.models.findings import Finding


class MynaportalError(StepError):
    """The root of this branch."""


class MynaportalUnavailable(MynaportalError):
    """No answer, or one that says: later. Whether a call took effect is not known."""

    final: ClassVar[bool] = False
    sentence = BilingualText(
        ja="マイナポータルに接続できません。自動的に再試行します。",
        en="Mynaportal cannot be reached. It is tried again automatically.",
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
