"""A resident's own applications, as another system would hand them in: the samples of the demo and of the docs."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from zairyu.sandbox.card.personas import Persona
from zairyu.sandbox.details import comes_as_child, comes_as_spouse, details_for
from zairyu.sandbox.samples import write_samples

Form = dict[str, Any]

_ENGINEER: Final = "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES"
_RELATIVES_FILE_FOR: Final = {
    "CULTURAL_ACTIVITIES",
    "STUDENT",
    "DEPENDENT",
    "DESIGNATED_ACTIVITIES",
    "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL",
    "SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT",
    "LONG_TERM_RESIDENT",
}
"""For whom a relative in Japan applies for a certificate of eligibility."""
_WITH_CATEGORY: Final = {"CERTIFICATE_OF_ELIGIBILITY", "CHANGE_OF_STATUS", "EXTENSION_OF_PERIOD"}
_CATEGORISED: Final = {
    "HIGHLY_SKILLED_PROFESSIONAL",
    "BUSINESS_MANAGER",
    "RESEARCHER",
    _ENGINEER,
    "INTRA_COMPANY_TRANSFEREE",
    "SKILLED_LABOR",
}
"""Whose documents go by the category of the organization that employs them."""


def write_application(
    directory: Path,
    persona: Persona,
    *,
    expires_on: date,
    application_type: str = "EXTENSION_OF_PERIOD",
    residence_status: str | None = None,
) -> Path:
    """Write a complete input for an application, with its documents beside it.

    Args:
        directory: made if need be.
        persona: who files, and signs.
        expires_on: the last day of their present period of stay, two months ahead or so.
        application_type: one of the five types that are applications.
        residence_status: the status applied for; left out, one that suits the type. The documents are those for
            that one; of another status more may be asked.

    Returns:
        The JSON file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    documents = {kind: file.name for kind, file in write_samples(directory).items()}
    file = directory / "application.json"
    form = application_form(persona, expires_on, application_type, residence_status)
    file.write_text(json.dumps({**form, **_enclosed(form, documents)}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return file


def application_form(
    persona: Persona, expires_on: date, application_type: str, residence_status: str | None = None
) -> Form:
    """What the applicant, or who files for them, fills in."""
    default, written = _FORMS[application_type]
    status = residence_status or default
    form = {"application_type": application_type, "residence_status": status, **written(persona, expires_on, status)}
    if application_type in _WITH_CATEGORY and status in _CATEGORISED:
        form["organization_category"] = "CATEGORY_2"
    if status == "DESIGNATED_ACTIVITIES":
        form["designated_activity"] = _DESIGNATED_ACTIVITY
    details = details_for(status, application_type, form["filer"])
    if comes_as_spouse(status, application_type):
        brought = application_type == "CERTIFICATE_OF_ELIGIBILITY"
        form["applicant"] |= {"married": True, "relatives": [_spouse(persona, details, files=brought)]}
    if comes_as_child(status, application_type):
        # Registered on the day after the birth.
        born = date.fromisoformat(form["cause"]["happened_on"])
        details["registration"]["home_on"] = (born + timedelta(days=1)).isoformat()
    return {**form, "details": details}


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
_DESIGNATED_ACTIVITY: Final = "47"
"""Of the family of a graduate of a university in Japan, for whom relatives file as well."""


def _extension(persona: Persona, expires_on: date, status: str) -> Form:
    """To go on as before."""
    reason = "同じ会社でソフトウェア技術者として引き続き働くため。"
    return {
        **_files(persona, status),
        "applicant": {**_resident(persona, expires_on), "current_stay": _stay(status, expires_on)},
        "desired_period": {"years": 3},
        "reason": reason if status == _ENGINEER else "現在の活動を引き続き行うため。",
        "criminal_record": False,
        "collection_method": "COUNTER",
    }


def _change(persona: Persona, expires_on: date, status: str) -> Form:
    """From student to engineer, or to what else is wanted."""
    reason = "大学を卒業し、ソフトウェア技術者として就職するため。"
    return {
        "filer": "APPLICANT",
        "applicant": {
            **_resident(persona, expires_on),
            "birthplace": "HANOI",
            "occupation": "学生",
            "current_stay": _stay("CULTURAL_ACTIVITIES" if status == "STUDENT" else "STUDENT", expires_on),
        },
        "cause": {"kind": "CHANGE_OF_ACTIVITY", "happened_on": (expires_on - timedelta(days=90)).isoformat()},
        "desired_period": {"years": 1},
        "reason": reason if status == _ENGINEER else "活動の内容が変わるため。",
        "criminal_record": False,
        "collection_method": "COUNTER",
    }


def _eligibility(persona: Persona, expires_on: date, status: str) -> Form:
    """To bring a husband to Japan: his wife, who lives here, files. For other statuses, his guardian."""
    by_wife = status in _RELATIVES_FILE_FOR
    return {
        **_represented(persona, "RELATIVE" if by_wife else "LEGAL_REPRESENTATIVE", "SPOUSE" if by_wife else "GUARDIAN"),
        "applicant": {
            **_person(persona, name="NGUYEN VAN NAM", birth_date="19940203", sex="MALE"),
            "birthplace": "HANOI",
            "married": by_wife,
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
        "reason": "日本で働く妻と同居するため。" if status == "DEPENDENT" else "日本で予定した活動を行うため。",
        "criminal_record": False,
        "collection_method": "EMAIL",
    }


def _acquisition(persona: Persona, expires_on: date, status: str) -> Form:
    """For a child born in Japan: a parent files. For other statuses, the guardian of a former Japanese national."""
    day = expires_on - timedelta(days=70)
    if comes_as_child(status, "ACQUISITION_OF_STATUS"):
        applicant = {
            **_person(persona, name="NGUYEN MINH ANH", birth_date=f"{day:%Y%m%d}", sex="FEMALE"),
            "occupation": _CHILD,
        }
    else:
        applicant = _person(persona, name="NGUYEN THI MAI", birth_date="19980920", sex="FEMALE")
    is_child = applicant["occupation"] == _CHILD
    return {
        **_represented(persona, "LEGAL_REPRESENTATIVE", "PARENT" if is_child else "GUARDIAN"),
        "applicant": {**applicant, "birthplace": persona.prefecture},
        "cause": {
            "kind": "BIRTH" if is_child else "LOSS_OF_JAPANESE_NATIONALITY",
            "happened_on": day.isoformat(),
        },
        "desired_period": {"years": 1},
        "reason": "日本で生まれ、父母と同居するため。"
        if is_child
        else "日本国籍を離脱し、引き続き日本で活動するため。",
        "criminal_record": False,
        "collection_method": "COUNTER",
    }


def _employment_certificate(persona: Persona, expires_on: date, status: str) -> Form:
    """To show a new employer what work is permitted."""
    return {
        **_files(persona, status),
        "applicant": {**_resident(persona, expires_on), "current_stay": _stay(status, expires_on)},
        "reason": "ソフトウェアの設計及び開発",
        "criminal_record": False,
        "collection_method": "COUNTER",
    }


_FORMS: Final[Mapping[str, tuple[str, Callable[[Persona, date, str], Form]]]] = {
    "EXTENSION_OF_PERIOD": (_ENGINEER, _extension),
    "CHANGE_OF_STATUS": (_ENGINEER, _change),
    "CERTIFICATE_OF_ELIGIBILITY": ("DEPENDENT", _eligibility),
    "ACQUISITION_OF_STATUS": ("DEPENDENT", _acquisition),
    "AUTHORIZED_EMPLOYMENT_CERTIFICATE": (_ENGINEER, _employment_certificate),
}
"""By type: the status that suits it, and how its form is written."""

# ----- the people in them -------------------------------------------------------------------------------------------


def _files(persona: Persona, status: str) -> Form:
    """The applicant files; but in the status Official nobody does so online for themselves."""
    return _represented(persona, "LEGAL_REPRESENTATIVE", "GUARDIAN") if status == "OFFICIAL" else {"filer": "APPLICANT"}


def _represented(persona: Persona, filer: str, kinship: str) -> Form:
    return {"filer": filer, "representative": {**_who_files(persona), "kinship": kinship}}


def _spouse(persona: Persona, details: Form, *, files: bool) -> Form:
    """Among the family in Japan: the wife who files, or the husband of whom the details speak."""
    said = details.get("spouse") or details.get("supporter") or {}
    who = {"name": "TRAN VAN HAI", "birth_date": "19920815", "nationality": persona.nationality, **said}
    if files:
        who |= {"name": persona.name, "birth_date": f"{persona.birth_date:%Y%m%d}"}
        for part in ("spouse", "supporter", "guarantor"):
            if part in details:
                details[part] |= {key: who[key] for key in ("name", "birth_date") if key in details[part]}
    return {
        "relationship": "妻" if files else "夫",
        **{key: who[key] for key in ("name", "birth_date", "nationality")},
        "lives_together": True,
        "place_of_work_or_school": "架空システム株式会社",
    }


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
