import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.activities.packaging.csv_file import write_csv
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.items import Cell, fill_in
from zairyu.rules.spec_packs import SpecPack, pack_in_force


@pytest.fixture(scope="module")
def pack() -> SpecPack:
    found = pack_in_force(ApplicationType.EXTENSION_OF_PERIOD, date(2026, 11, 1))
    assert found is not None
    return found


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("cp932"), newline=""), strict=True))


def test_every_cell_is_quoted_and_lines_end_as_prescribed(pack: SpecPack) -> None:
    content = write_csv([Cell("3 氏名", "TRAN"), Cell("14 更新の理由", '"はい", と')], pack.csv)

    assert content.decode("cp932") == '"3 氏名","14 更新の理由"\r\n"TRAN","""はい"", と"\r\n'


TWICE, ONCE = "〜‖−—¢£¬", "～∥－―￠￡￢"
"""Characters that Unicode has twice and cp932 once."""


@settings(deadline=None)  # shared machines are slow now and then
@given(st.text(st.characters(codec="cp932", include_characters=TWICE[:3] + TWICE[4:]) | st.characters(), min_size=1))
def test_a_text_is_refused_or_arrives_as_it_was_entered(pack: SpecPack, text: str) -> None:
    form = pack.form_for(ApplicationType.EXTENSION_OF_PERIOD, ResidenceStatus.NURSING_CARE)
    assert form is not None
    filled = fill_in(form, {"reason": text}, pack)
    refused = any(finding.place == "/reason" for finding in filled.findings)

    if not refused:
        header, row = read(write_csv(filled.cells, pack.csv))
        arrived = dict(zip(header, row, strict=True))["14 更新の理由"]
        assert arrived == text.translate(str.maketrans(TWICE, ONCE))
