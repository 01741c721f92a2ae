import json
from typing import Any

import pytest

from tests.applications import EXPIRES_ON
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import DEMO_APPLICANT


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A flawless application as another system hands it in, as JSON text: what is read from it can be spoilt."""
    file = write_application(tmp_path_factory.mktemp("sample"), DEMO_APPLICANT, expires_on=EXPIRES_ON)
    return file.read_text()


@pytest.fixture
def form(sample: str) -> dict[str, Any]:
    return dict(json.loads(sample))
