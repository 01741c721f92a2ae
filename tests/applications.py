"""A valid application, as the workflows and the rules see it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from zairyu.models.application import (
    Address,
    Applicant,
    ApplicationForm,
    ApplicationInput,
    Contact,
    CurrentStay,
    Passport,
    Sex,
)
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.residence import ApplicationType, Filer, PeriodOfStay, ResidenceStatus
from zairyu.sandbox.details import comes_as_spouse, details_for

EXTENSION: Final = ApplicationType.EXTENSION_OF_PERIOD
ENGINEER: Final = ResidenceStatus.ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES
EXPIRES_ON: Final = date(2027, 1, 31)


def document(size: int = 1000, media_type: str = "application/pdf") -> DocumentRef:
    return DocumentRef(sha256="0" * 64, size=size, media_type=media_type)


def application(
    attachments: Sequence[Attachment] = (),
    *,
    photo: DocumentRef | None = None,
    filer: Filer = Filer.APPLICANT,
    status: ResidenceStatus = ENGINEER,
) -> ApplicationInput:
    return ApplicationInput(
        application_id="app-00000001",
        form=ApplicationForm(
            application_type=EXTENSION,
            residence_status=status,
            filer=filer,
            applicant=Applicant(
                name="TRAN THI LINH",
                birth_date="19960412",
                sex=Sex.FEMALE,
                nationality="VNM",
                married=comes_as_spouse(status, EXTENSION),
                occupation="会社員",
                home_town="HANOI",
                address=Address(
                    postal_code="1600000", prefecture="東京都", municipality="新宿区", line="架空町１丁目２番３号"
                ),
                contact=Contact(email="linh@resident.example", phone="09000001234"),
                passport=Passport(number="C1234567", expires_on=date(2031, 5, 1)),
                current_stay=CurrentStay(
                    card_number="AB12345678CD", status=status, period=PeriodOfStay(years=3), expires_on=EXPIRES_ON
                ),
            ),
            desired_period=PeriodOfStay(years=3),
            reason="同じ会社で引き続き働くため。",
            criminal_record=False,
            details=details_for(status, EXTENSION, filer),
        ),
        photo=photo or document(media_type="image/jpeg"),
        attachments=tuple(attachments),
    )
