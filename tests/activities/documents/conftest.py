from pathlib import Path

import pytest

from tests.document_tools import Workbench


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)
