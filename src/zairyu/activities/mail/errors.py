"""What can go wrong with mail."""

from typing import ClassVar

from zairyu.models.base import BilingualText
from zairyu.models.errors import StepError


class MailError(StepError):
    """The root of this branch."""


class MailServerUnavailable(MailError):
    """The mail server does not answer, or says: later."""

    final: ClassVar[bool] = False
    sentence = BilingualText(
        ja="メールサーバーに接続できません。自動的に再試行します。",
        en="The mail server cannot be reached. It is tried again automatically.",
    )


class MailRefused(MailError):
    """The mail server refused the recipient or the mail for good."""

    sentence = BilingualText(
        ja="メールが届きません。申請人のメールアドレスを確認してください。",
        en="The mail cannot be delivered. Check the applicant's mail address.",
    )
