"""A resident's own applications, as another system would hand them in: the samples of the demo and of the docs."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from zairyu.sandbox.card.personas import Persona
from zairyu.sandbox.samples import write_samples

Form = dict[str, Any]

_ENGINEER: Final = "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES"


def write_application(
    directory: Path, persona: Persona, *, expires_on: date, application_type: str = "EXTENSION_OF_PERIOD"
) -> Path:
    """Write a complete input for an application, with its documents beside it.

    Args:
        directory: made if need be.
        persona: who files, and signs.
        expires_on: the last day of their present period of stay, two months ahead or so.
        application_type: one of the five types that are applications.

    Returns:
        The JSON file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    documents = {kind: file.name for kind, file in write_samples(directory).items()}
    file = directory / "application.json"
    form = {"application_type": application_type, **_FORMS[application_type](persona, expires_on)}
    file.write_text(json.dumps({**form, **_enclosed(form, documents)}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return file


def write_registration(directory: Path, persona: Persona, *, expires_on: date) -> Path:
    """Write what a resident fills in to become a registered user.

    Args:
        directory: made if need be.
        persona: who registers.
        expires_on: the last day of their present period of stay.

    Returns:
        The JSON file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "registration.json"
    file.write_text(json.dumps(registration(persona, expires_on), ensure_ascii=False, indent=2) + "\n", "utf-8")
    return file


def registration(persona: Persona, expires_on: date) -> Form:
    """What a resident fills in. Name, sex and birth date come from the card."""
    stay = _stay(_ENGINEER, expires_on)
    return {
        "filer": "APPLICANT",
        "contact": _contact(persona),
        "address": _address(persona),
        "residence_card": {"number": stay.pop("card_number"), "stay": stay},
    }


def _enclosed(form: Mapping[str, Any], documents: Mapping[str, str]) -> Form:
    kinds = ("ORGANIZATION_FORM", "EMPLOYMENT_CERTIFICATE", "TAX_CERTIFICATE", *_ALSO[form["application_type"]])
    enclosed = {"attachments": [{"kind": kind, "file": documents[kind]} for kind in kinds]}
    # A child under 16 needs no photo.
    return enclosed if form["applicant"]["occupation"] == _CHILD else {"photo": documents["PHOTO"], **enclosed}


_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "EXTENSION_OF_PERIOD": ("STATUTORY_REPORT_TABLE",),
    "CHANGE_OF_STATUS": ("STATUTORY_REPORT_TABLE",),
    "CERTIFICATE_OF_ELIGIBILITY": ("TAX_PAYMENT_CERTIFICATE", "MARRIAGE_CERTIFICATE", "SUPPORTER_RESIDENCE_CARD"),
    "ACQUISITION_OF_STATUS": (
        "TAX_PAYMENT_CERTIFICATE",
        "BIRTH_CERTIFICATE",
        "RESIDENCE_CERTIFICATE",
        "QUESTION_FORM",
        "SUPPORTER_RESIDENCE_CARD",
    ),
    "AUTHORIZED_EMPLOYMENT_CERTIFICATE": (
        "WITHHOLDING_SLIP",
        "SEPARATION_CERTIFICATE",
        "EMPLOYMENT_CONTRACT",
        "COMPANY_REGISTRATION",
        "FINANCIAL_STATEMENTS",
        "ORGANIZATION_OVERVIEW",
    ),
}
"""What the agency asks for besides, of each of these applications."""


# ----- one form for each kind of application ------------------------------------------------------------------------

_CHILD: Final = "乳児"


def _extension(persona: Persona, expires_on: date) -> Form:
    """To go on in the same job."""
    return {
        "residence_status": _ENGINEER,
        "filer": "APPLICANT",
        "organization_category": "CATEGORY_2",
        "applicant": {**_resident(persona, expires_on), "current_stay": _stay(_ENGINEER, expires_on)},
        "desired_period": {"years": 3},
        "reason": "同じ会社でソフトウェア技術者として引き続き働くため。",
        "criminal_record": False,
        "collection_method": "COUNTER",
    }


def _change(persona: Persona, expires_on: date) -> Form:
    """From student to engineer."""
    return {
        "residence_status": _ENGINEER,
        "filer": "APPLICANT",
        "organization_category": "CATEGORY_2",
        "applicant": {
            **_resident(persona, expires_on),
            "birthplace": "HANOI",
            "occupation": "学生",
            "current_stay": _stay("STUDENT", expires_on),
        },
        "cause": {"kind": "CHANGE_OF_ACTIVITY", "happened_on": (expires_on - timedelta(days=90)).isoformat()},
        "desired_period": {"years": 1},
        "reason": "大学を卒業し、ソフトウェア技術者として就職するため。",
        "criminal_record": False,
        "collection_method": "COUNTER",
    }


def _eligibility(persona: Persona, expires_on: date) -> Form:
    """To bring a husband to Japan: his wife, who lives here, files."""
    return {
        "residence_status": "DEPENDENT",
        "filer": "RELATIVE",
        "representative": {**_who_files(persona), "kinship": "SPOUSE"},
        "applicant": {
            **_person(persona, name="NGUYEN VAN NAM", birth_date="19940203", sex="MALE"),
            "birthplace": "HANOI",
            "married": True,
            "occupation": "会社員",
            "passport": {"number": "C7654321", "expires_on": f"{expires_on.year + 5}-03-31"},
        },
        "entry": {
            "on": (expires_on + timedelta(days=60)).isoformat(),
            "port": "成田空港",
            "visa_office": "在ベトナム日本国大使館",
            "accompanied": False,
            "entered_before": False,
            "applied_before": False,
            "deported_before": False,
        },
        "desired_period": {"years": 1},
        "reason": "日本で働く妻と同居するため。",
        "criminal_record": False,
        "collection_method": "EMAIL",
    }


def _acquisition(persona: Persona, expires_on: date) -> Form:
    """For a child born in Japan: a parent files."""
    born = expires_on - timedelta(days=70)
    return {
        "residence_status": "DEPENDENT",
        "filer": "LEGAL_REPRESENTATIVE",
        "representative": {**_who_files(persona), "kinship": "PARENT"},
        "applicant": {
            **_person(persona, name="NGUYEN MINH ANH", birth_date=f"{born:%Y%m%d}", sex="FEMALE"),
            "birthplace": persona.prefecture,
            "occupation": _CHILD,
        },
        "cause": {"kind": "BIRTH", "happened_on": born.isoformat()},
        "desired_period": {"years": 1},
        "reason": "日本で生まれ、父母と同居するため。",
        "criminal_record": False,
        "collection_method": "COUNTER",
    }


def _employment_certificate(persona: Persona, expires_on: date) -> Form:
    """To show a new employer what work is permitted."""
    return {
        "residence_status": _ENGINEER,
        "filer": "APPLICANT",
        "applicant": {**_resident(persona, expires_on), "current_stay": _stay(_ENGINEER, expires_on)},
        "reason": "ソフトウェアの設計及び開発",
        "criminal_record": False,
        "collection_method": "COUNTER",
    }


_FORMS: Final[Mapping[str, Callable[[Persona, date], Form]]] = {
    "EXTENSION_OF_PERIOD": _extension,
    "CHANGE_OF_STATUS": _change,
    "CERTIFICATE_OF_ELIGIBILITY": _eligibility,
    "ACQUISITION_OF_STATUS": _acquisition,
    "AUTHORIZED_EMPLOYMENT_CERTIFICATE": _employment_certificate,
}

# ----- the people in them -------------------------------------------------------------------------------------------


def _resident(persona: Persona, expires_on: date) -> Form:
    return {
        **_person(persona, name=persona.name, birth_date=f"{persona.birth_date:%Y%m%d}", sex=persona.sex.name),
        "passport": {"number": "C1234567", "expires_on": f"{expires_on.year + 4}-03-31"},
    }


def _person(persona: Persona, *, name: str, birth_date: str, sex: str) -> Form:
    """Somebody of the persona's household."""
    return {
        "name": name,
        "birth_date": birth_date,
        "sex": sex,
        "nationality": persona.nationality,
        "married": False,
        "occupation": "会社員",
        "home_town": "HANOI",
        "address": _address(persona),
        "contact": _contact(persona),
        "relatives": [],
    }


def _address(persona: Persona) -> Form:
    return {
        "postal_code": "1600000",
        "prefecture": persona.prefecture,
        "municipality": persona.municipality,
        "line": persona.address,
    }


def _who_files(persona: Persona) -> Form:
    return {
        "name": persona.name,
        "birth_date": f"{persona.birth_date:%Y%m%d}",
        "lives_in_japan": True,
        "contact": _contact(persona),
    }


def _contact(persona: Persona) -> Form:
    return {"email": f"{persona.key}@resident.example", "phone": "09000001234", "language": "en"}


def _stay(status: str, expires_on: date) -> Form:
    return {
        "card_number": "AB12345678CD",
        "status": status,
        "period": {"years": 3},
        "expires_on": expires_on.isoformat(),
    }
