"""Fictitious residents who hold a sandbox card. Their passwords are public: they open nothing but the sandbox."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final


class Sex(StrEnum):
    """As the certificate writes it."""

    MALE = "1"
    FEMALE = "2"
    UNKNOWN = "3"


@dataclass(frozen=True, kw_only=True)
class Persona:
    """One resident, as the municipality has registered them."""

    key: str
    """Short name for commands and directories."""
    name: str
    """Latin capitals, family name first, as on the residence card."""
    registered_as: str | None = None
    """The name that the municipality registered, when it is in characters."""
    replaced: str = ""
    """Characters of the registered name and address that stand for others, which a certificate does not carry."""
    nationality: str
    """ISO 3166-1 alpha-3."""
    is_permanent_resident: bool = False
    """The stay has no end, so that the certificates last until the fifth birthday after their issue."""
    birth_date: date
    sex: Sex
    prefecture: str
    municipality: str
    address: str
    """The line after the municipality, digits in full width."""
    sign_password: str = field(repr=False)
    auth_pin: str = field(repr=False)

    @property
    def registered_name(self) -> str:
        """The name as in a certificate: an ideographic space between its parts."""
        return (self.registered_as or self.name).replace(" ", "\u3000")

    @property
    def registered_address(self) -> str:
        """The address as in a certificate: from the prefecture on, without postal code."""
        return f"{self.prefecture}{self.municipality}{self.address}"


LINH: Final = Persona(
    key="linh",
    name="TRAN THI LINH",
    nationality="VNM",
    birth_date=date(1996, 4, 12),
    sex=Sex.FEMALE,
    prefecture="東京都",
    municipality="新宿区",
    address="架空町１丁目２番３号",
    sign_password="LINH2026SIGN",  # noqa: S106
    auth_pin="1204",
)
"""The applicant of the demo."""

CARLOS: Final = Persona(
    key="carlos",
    name="OLIVEIRA SANTOS CARLOS",
    nationality="BRA",
    birth_date=date(1988, 11, 3),
    sex=Sex.MALE,
    prefecture="愛知県",
    municipality="豊橋市",
    address="架空町２丁目１０番地５",
    sign_password="CARLOS77",  # noqa: S106
    auth_pin="0311",
)

MINJUN: Final = Persona(
    key="minjun",
    name="PARK MINJUN",
    nationality="KOR",
    birth_date=date(2001, 7, 28),
    sex=Sex.MALE,
    prefecture="大阪府",
    municipality="大阪市生野区",
    address="架空３丁目４番５号",
    sign_password="MJP4RK",  # noqa: S106
    auth_pin="2807",
)

ANJALI: Final = Persona(
    key="anjali",
    name="SHARMA ANJALI",
    nationality="NPL",
    birth_date=date(1979, 1, 30),
    sex=Sex.FEMALE,
    prefecture="福岡県",
    municipality="福岡市博多区",
    address="架空通５丁目６番７号",
    sign_password="ABCDEFGH12345678",  # noqa: S106
    auth_pin="3001",
)
"""Born in the Showa era; the longest password a card takes."""

XUEYING: Final = Persona(
    key="xueying",
    name="CHEN XUEYING",
    registered_as="陳 雪瑩",
    replaced="瑩",
    nationality="CHN",
    birth_date=date(1993, 9, 15),
    sex=Sex.FEMALE,
    prefecture="神奈川県",
    municipality="横浜市中区",
    address="架空町８番地９",
    sign_password="XY15SNOW",  # noqa: S106
    auth_pin="1509",
)
"""Registered in characters, one of which (瀅) was replaced."""

GLORIA: Final = Persona(
    key="gloria",
    name="REYES GLORIA",
    nationality="PHL",
    is_permanent_resident=True,
    birth_date=date(1972, 2, 29),
    sex=Sex.FEMALE,
    prefecture="千葉県",
    municipality="松戸市",
    address="架空台７番地１",
    sign_password="GLORIA1972",  # noqa: S106
    auth_pin="2902",
)
"""A permanent resident; born on a leap day."""

DEMO_APPLICANT: Final = LINH

PERSONAS: Final = {persona.key: persona for persona in (LINH, CARLOS, MINJUN, ANJALI, XUEYING, GLORIA)}
