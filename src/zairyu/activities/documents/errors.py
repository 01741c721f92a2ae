"""What can go wrong with the blob store."""

from zairyu.models.base import BilingualText
from zairyu.models.errors import StepError


class DocumentError(StepError):
    """A document could not be stored or fetched."""


class BlobStoreUnavailable(DocumentError):
    """The store does not answer, or refuses us. Another try may succeed."""

    final = False
    sentence = BilingualText(
        ja="書類の保管先に接続できません。自動的に再試行します。",
        en="The document store cannot be reached. It is tried again automatically.",
    )


class DocumentMissing(DocumentError):
    """No document has this digest."""

    sentence = BilingualText(
        ja="書類が見つかりません。もう一度アップロードしてください。",
        en="The document is not in the store. Upload it again.",
    )


class DocumentDamaged(DocumentError):
    """What is stored is not what was put there, or cannot be decrypted."""

    sentence = BilingualText(
        ja="保管された書類を読み取れません。管理者に連絡してください。",
        en="The stored document cannot be read. Tell the operator: the store or its key is at fault.",
    )


class DocumentsRefused(DocumentError):
    """The receiving side would treat a document as broken; the findings say which, and why."""

    sentence = BilingualText(
        ja="添付資料に不備があります。作り直したものを提出してください。",
        en="Something is wrong with the documents. Make them again and hand them in anew.",
    )
