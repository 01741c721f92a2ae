"""What a terminal answers when it was asked to sign a package."""

import base64
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.serialization import Encoding

from zairyu.models.card import SignatureResult
from zairyu.models.package import SealPackage, UnsignedPackage
from zairyu.sandbox.card.pki import Credential


def signed(package: UnsignedPackage, signer: Credential, at: datetime) -> SealPackage:
    signature = signer.key.sign(
        bytes.fromhex(package.digest_to_sign), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    )
    return SealPackage(
        application_id="app-00000001",
        package=package,
        signature=SignatureResult(
            signature=base64.b64encode(signature).decode(),
            certificate=base64.b64encode(signer.certificate.public_bytes(Encoding.DER)).decode(),
            terminal_id="desk-1",
            signed_at=at,
        ),
    )
