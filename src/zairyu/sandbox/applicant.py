"""A resident's own application, as another system would hand it in: the sample of the demo and of the docs."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from zairyu.sandbox.card.personas import Persona
from zairyu.sandbox.samples import write_samples


def write_application(directory: Path, persona: Persona, *, expires_on: date) -> Path:
    """Write a complete input for an extension of period of stay, with its documents beside it.

    Args:
        directory: made if need be.
        persona: who applies.
        expires_on: the last day of the present period of stay.

    Returns:
        The JSON file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    documents = {kind: file.name for kind, file in write_samples(directory).items()}
    file = directory / "application.json"
    file.write_text(
        json.dumps(_application(persona, documents, expires_on), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return file


def _application(persona: Persona, documents: dict[str, str], expires_on: date) -> dict[str, Any]:
    return {
        "application_type": "EXTENSION_OF_PERIOD",
        "residence_status": "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES",
        "filer": "APPLICANT",
        "applicant": {
            "name": persona.name,
            "birth_date": persona.birth_date.strftime("%Y%m%d"),
            "sex": persona.sex.name,
            "nationality": persona.nationality,
            "married": False,
            "occupation": "会社員",
            "home_town": "HANOI",
            "address": {
                "postal_code": "1600000",
                "prefecture": persona.prefecture,
                "municipality": persona.municipality,
                "line": persona.address,
            },
            "contact": {"email": f"{persona.key}@resident.example", "phone": "09000001234", "language": "en"},
            "passport": {"number": "C1234567", "expires_on": f"{expires_on.year + 4}-03-31"},
            "current_stay": {
                "card_number": "AB12345678CD",
                "status": "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES",
                "period": {"years": 3},
                "expires_on": expires_on.isoformat(),
            },
            "relatives": [],
        },
        "desired_period": {"years": 3},
        "reason": "同じ会社でソフトウェア技術者として引き続き働くため。",
        "criminal_record": False,
        "collection_method": "COUNTER",
        "photo": documents["PHOTO"],
        "attachments": [
            {"kind": kind, "file": documents[kind]}
            for kind in ("ORGANIZATION_FORM", "EMPLOYMENT_CERTIFICATE", "TAX_CERTIFICATE")
        ],
    }
