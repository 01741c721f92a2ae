"""What can go wrong with a package."""

from zairyu.models.base import BilingualText
from zairyu.models.errors import StepError


class PackagingError(StepError):
    """A package could not be built or sealed."""


class PackageRefused(PackagingError):
    """The receiving side would refuse what was entered or attached; the findings say why."""

    sentence = BilingualText(
        ja="入力内容または添付資料に不備があり、申請データを作成できません。",
        en="The package cannot be built: something in the form or the documents has to be corrected.",
    )


class SpecPackMissing(PackagingError):
    """No spec pack is in force for this kind of application on the day of filing."""

    sentence = BilingualText(
        ja="申請日に有効な仕様データがありません。管理者に連絡してください。",
        en="No spec pack is in force on the day of filing. Tell the operator to install one.",
    )


class SpecPackUnavailable(PackagingError):
    """A spec pack cannot be fetched, or what is there is not the one that was named."""

    sentence = BilingualText(
        ja="仕様データを取得できません。管理者は設定と保管先を確認してください。",
        en="A spec pack cannot be had. The operator has to check the setting and the store.",
    )


class SpecPackChanged(PackagingError):
    """The package was built with another spec pack than the one in force on the day it is to be sent."""

    sentence = BilingualText(
        ja="仕様データが新しくなったため、申請データを作り直します。改めて署名が必要です。",
        en="A new spec pack is in force: the package is built again, and has to be signed again.",
    )


class SignatureMismatch(PackagingError):
    """The signature does not belong to this package, or the certificate does not verify it."""

    sentence = BilingualText(
        ja="署名がこの申請データと一致しません。もう一度署名してください。",
        en="The signature does not match this package. Sign it again.",
    )
