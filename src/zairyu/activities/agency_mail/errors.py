"""What can go wrong with the agency's mails."""

from typing import ClassVar

from zairyu.models.base import BilingualText
from zairyu.models.errors import StepError


class AgencyMailError(StepError):
    """The root of this branch. Nothing of it is final: no mail is lost while it lies in the mailbox."""

    final: ClassVar[bool] = False


class AgencyMailboxUnavailable(AgencyMailError):
    """The mailbox's server does not answer, or breaks off."""

    sentence = BilingualText(
        ja="入管庁からのメールのサーバーに接続できません。自動的に再試行します。",
        en="The server of the mailbox that the agency writes to cannot be reached. It is tried again automatically.",
    )


class AgencyMailboxLoginRefused(AgencyMailError):
    """The mailbox's server does not know the user, or not by this password."""

    sentence = BilingualText(
        ja="メールボックスにログインできません。ZAIRYU_IMAP_USERNAMEとZAIRYU_IMAP_PASSWORDを確認してください。",
        en="The mailbox refuses the login. Check ZAIRYU_IMAP_USERNAME and ZAIRYU_IMAP_PASSWORD.",
    )


class AgencyMailboxUnfit(AgencyMailError):
    """The server cannot move a mail in one act (RFC 6851), and would have to delete instead."""

    sentence = BilingualText(
        ja="このメールサーバーはメールの移動（RFC 6851）に対応していません。別のサーバーのメールボックスが必要です。",
        en="This mail server cannot move mails (RFC 6851). The mailbox has to lie on one that can.",
    )


class SenderUncheckable(AgencyMailError):
    """The name servers cannot tell the agency's key now."""

    sentence = BilingualText(
        ja="差出人の署名を確認できません（DNSが応答しません）。自動的に再試行します。",
        en="A sender's signature cannot be checked: DNS does not answer. It is tried again automatically.",
    )
