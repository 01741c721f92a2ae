"""What can go wrong between a desk terminal and a card.

Every one of them is final: behind most of them stands a PIN with few tries, and only a person may spend one.
"""

from enum import Enum
from typing import ClassVar

from zairyu.models.base import BilingualText
from zairyu.models.errors import StepError


class WayOn(Enum):
    """What a person at the desk can do about an error, there and then."""

    AGAIN = "AGAIN"
    """Mend it and try again."""
    INSIST = "INSIST"
    """Overrule us: they know better, or take the risk."""
    STOP = "STOP"
    """Nothing; it has to be mended elsewhere."""


class CardReaderError(StepError):
    """The root of this tree."""

    final: ClassVar[bool] = True
    way_on: WayOn = WayOn.AGAIN


class CardServiceUnavailable(CardReaderError):
    """The smart-card service of this computer cannot be reached, or does not answer."""

    sentence = BilingualText(
        ja="この端末のスマートカードサービスが使えません。端末の係員に、PC/SCサービス（Linuxではpcscd）が動いているか"
        "確認してもらい、もう一度お試しください。暗証番号は使われていません。",
        en="The smart-card service of this terminal is not available. Have its keeper check that the PC/SC service "
        "(pcscd on Linux) runs, then try again. The PIN was not used.",
    )


class NoReader(CardReaderError):
    """No card reader is plugged in."""

    sentence = BilingualText(
        ja="カードリーダーが見つかりません。カードリーダーを接続して、もう一度お試しください。",
        en="No card reader was found. Plug in the card reader and try again.",
    )


class CardAbsent(CardReaderError):
    """No card that can be read was put on the reader in time."""

    sentence = BilingualText(
        ja="カードリーダーに読み取れるカードがありません。マイナンバーカードを正しい向きで置き直し、もう一度お試し"
        "ください。",
        en="There was no readable card on the reader. Place the My Number card the right way round and try again.",
    )


class ReaderUnplugged(CardReaderError):
    """The reader was unplugged while no PIN was under way."""

    sentence = BilingualText(
        ja="処理の途中でカードリーダーが外れました。カードリーダーを接続し直して、もう一度お試しください。"
        "手続は完了していません。",
        en="The card reader was unplugged before this was done. Plug it in and try again.",
    )


class SeveralCards(CardReaderError):
    """There is more than one My Number card on the readers; we do not guess."""

    sentence = BilingualText(
        ja="マイナンバーカードが複数のカードリーダーに置かれています。手続をする方のカードだけを残して、もう一度お試し"
        "ください。",
        en="There are My Number cards on several readers. Leave only the card of the person at this desk, and try "
        "again.",
    )


class CardBusy(CardReaderError):
    """Another program holds the card."""

    sentence = BilingualText(
        ja="ほかのプログラムがカードを使用しています。そのプログラムを終了し、もう一度お試しください。",
        en="Another program is using the card. Close that program and try again.",
    )


class CardPulled(CardReaderError):
    """The card left the reader while no PIN was under way."""

    sentence = BilingualText(
        ja="処理の途中でカードが離れました。カードを置いたままにして、もう一度お試しください。手続は完了していません。",
        en="The card left the reader before this was done. Leave the card in place and try again.",
    )


class CardFault(CardReaderError):
    """The card gave an answer that a My Number card in order does not give."""

    sentence = BilingualText(
        ja="カードが予期しない応答をしました。カードを置き直して、もう一度お試しください。繰り返す場合は、"
        "お住まいの市区町村の窓口でカードを確認してください。",
        en="The card gave an unexpected answer. Place it again and try again. If that repeats, have the card checked "
        "at your municipal office.",
    )


class NotMyNumberCard(CardReaderError):
    """The card is not a My Number card: another card, an old Juki card, or a telephone."""

    sentence = BilingualText(
        ja="このカードはマイナンバーカードではありません。マイナンバーカード（住民基本台帳カードやスマートフォンは"
        "使えません）を置いて、もう一度お試しください。",
        en="This is not a My Number card. Place your My Number card on the reader (a Basic Resident Register card or "
        "a telephone does not serve) and try again.",
    )


class SigningCertificateMissing(CardReaderError):
    """The card carries no certificate for signatures."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="このカードには署名用電子証明書が入っていません。お住まいの市区町村の窓口で発行を受けてから、もう一度署名して"
        "ください。",
        en="This card carries no certificate for digital signature. Have one issued at your municipal office, then "
        "sign again.",
    )


class AuthCertificateMissing(CardReaderError):
    """The card carries no certificate for user authentication."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="このカードには利用者証明用電子証明書が入っていません。お住まいの市区町村の窓口で発行を受けてから、もう一度"
        "お試しください。暗証番号は使われていません。",
        en="This card carries no certificate for user authentication. Have one issued at your municipal office, then "
        "try again. The PIN was not used.",
    )


class PinMalformed(CardReaderError):
    """What was typed cannot be a signature password. The card has not seen it."""

    sentence = BilingualText(
        ja="署名用電子証明書の暗証番号は英数字6文字から16文字です。もう一度署名して、正しく入力してください。"
        "残り回数は減っていません。",
        en="The password for digital signature has 6 to 16 letters and digits. Sign again and type it as it is. "
        "No try was used.",
    )


class UserPinMalformed(PinMalformed):
    """What was typed cannot be a PIN of four digits. The card has not seen it."""

    sentence = BilingualText(
        ja="この暗証番号は数字4桁です。もう一度、正しく入力してください。残り回数は減っていません。",
        en="This PIN has four digits. Type it again as it is. No try was used.",
    )


class PinNotGiven(CardReaderError):
    """Nobody typed a PIN, or the person declined."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="暗証番号が入力されませんでした。準備ができたら、もう一度お試しください。残り回数は減っていません。",
        en="No PIN or password was entered. Try again when you are ready. No try was used.",
    )


class SignatureDeclined(CardReaderError):
    """The person at the desk does not want to sign this."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="署名者が署名を中止しました。準備ができたら、もう一度署名してください。残り回数は減っていません。",
        en="The person at the terminal declined to sign. Sign again when ready. No try was used.",
    )


class ReadingDeclined(CardReaderError):
    """The person at the desk does not want their card to be read."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="カードの読み取りが中止されました。準備ができたら、もう一度お試しください。何も読み取られていません。",
        en="The person at the terminal declined to have the card read. Try again when ready. Nothing was read.",
    )


class TerminalStopped(CardReaderError):
    """The program at the desk was stopped while the person had not typed the password yet."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="端末が停止したため、手続は完了していません。端末を起動するか別の端末で、もう一度お試しください。",
        en="The terminal was stopped before this was done. Start it, or go to another one, and try again.",
    )


class TerminalFault(CardReaderError):
    """The program at the desk has a fault; its log says which."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="端末のプログラムに異常がありました。もう一度お試しください。繰り返す場合は、端末の係員に連絡してください。"
        "入力の前に暗証番号の残り回数が表示されます。",
        en="Something went wrong in the program of this terminal. Try again; the number of tries left is shown before "
        "you type. If it repeats, tell the keeper of this terminal.",
    )


class KeyUnsupported(CardReaderError):
    """The card's key is of a kind that no card profile of ours knows."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="このカードの署名鍵の種類には、このソフトウェアがまだ対応していません。端末の係員に連絡してください。",
        en="This software does not know the kind of key on this card yet. Tell the keeper of this terminal.",
    )


class WrongPin(CardReaderError):
    """The card refused the PIN and counted one try."""

    sentence = BilingualText(
        ja="暗証番号が違います。英数字6文字から16文字の署名用電子証明書の暗証番号を確認し、もう一度署名してください。"
        "続けて間違えるとロックされます。",
        en="The password is wrong. Make sure it is the password for digital signature, of 6 to 16 letters and digits, "
        "and sign again. The card locks after too many wrong tries.",
    )

    def __init__(self, tries_left: int) -> None:
        super().__init__(detail=f"tries left: {tries_left}")
        self.tries_left = tries_left
        """As the card said it."""


class WrongUserPin(WrongPin):
    """The card refused a PIN of four digits and counted one try."""

    sentence = BilingualText(
        ja="暗証番号が違います。数字4桁の暗証番号を確認し、もう一度入力してください。続けて間違えるとロックされます。",
        en="The PIN is wrong. Make sure it is the PIN of four digits for this use, and type it again. The card locks "
        "after too many wrong tries.",
    )


class PinBlocked(CardReaderError):
    """No try is left."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="暗証番号がロックされています。お住まいの市区町村の窓口で暗証番号を再設定してから、もう一度お試しください。",
        en="The PIN or password is locked. Have it reset at your municipal office, then try again.",
    )


class LastTryRefused(CardReaderError):
    """One try is left, and nobody said to risk it."""

    way_on = WayOn.INSIST
    sentence = BilingualText(
        ja="暗証番号の残り回数が1回のため、処理を止めました。暗証番号に確信がある場合に限り、端末で続行を選んでください。"
        "確信がない場合は、市区町村の窓口で再設定してください。",
        en="Only one try is left, so we stopped before using it. If you are sure of what you type, try again and "
        "choose at the terminal to go on; if not, have it reset at your municipal office.",
    )


class PinOutcomeUnknown(CardReaderError):
    """The answer to the PIN was lost: the card may or may not have counted a try."""

    sentence = BilingualText(
        ja="暗証番号の照合中にカードとの通信が切れました。残り回数が1回減った可能性があります。もう一度試すと、"
        "入力の前に残り回数が表示されます。",
        en="The link to the card broke while it checked what you typed: a try may have been used. Try again; the "
        "number of tries left is shown before you type.",
    )


class WrongCard(CardReaderError):
    """The card is somebody else's."""

    sentence = BilingualText(
        ja="このカードの名義が、申請の署名者または登録する方と一致しません。ご本人のカードを使うか、申請または登録の氏名と"
        "生年月日を訂正して、もう一度お試しください。署名は作成されず、読み取った内容も残りません。",
        en="The holder of this card is not the signer of this application, or not the person of this registration. Use "
        "that person's own card, or correct the name and birth date given, then try again. Nothing was signed, and "
        "nothing that was read is kept.",
    )


class CertificateExpired(CardReaderError):
    """The certificate is no longer valid."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="署名用電子証明書の有効期限が切れています。お住まいの市区町村の窓口で更新してから、もう一度署名してください。",
        en="The certificate for digital signature has expired. Renew it at your municipal office, then sign again.",
    )


class CertificateExpiresBeforeFiling(CardReaderError):
    """The certificate is valid now, but not any more on the day of filing."""

    sentence = BilingualText(
        ja="署名用電子証明書は、申請の提出日には有効期限が切れています。お住まいの市区町村の窓口で更新するか、"
        "提出日を早めて、もう一度署名してください。",
        en="The certificate for digital signature will have expired on the day of filing. Renew it at your municipal "
        "office, or file earlier, then sign again.",
    )

    def __init__(self, *, presumed: bool = False, detail: str | None = None) -> None:
        super().__init__(detail=detail)
        # A certificate issued later than the other one may last longer, so the person may know better than we.
        self.way_on = WayOn.INSIST if presumed else WayOn.STOP


class CertificateUntrusted(CardReaderError):
    """The certificate does not come from an authority we trust, or is not one for signatures."""

    way_on = WayOn.STOP
    sentence = BilingualText(
        ja="署名用電子証明書を公的個人認証サービスの証明書として確認できません。端末の係員に連絡してください。",
        en="The certificate could not be confirmed as one of the Japanese Public Key Infrastructure. Tell the keeper "
        "of this terminal.",
    )


class SignatureInvalid(CardReaderError):
    """The signature does not belong to the certificate or the digest; it was thrown away."""

    sentence = BilingualText(
        ja="カードが作成した署名を検証できませんでした。カードを置き直して、もう一度署名してください。繰り返す場合は、"
        "お住まいの市区町村の窓口でカードを確認してください。",
        en="The signature the card made does not verify and was thrown away. Place the card again and sign again. If "
        "that repeats, have the card checked at your municipal office.",
    )
