import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.packs import small_pack
from zairyu.activities.packaging.csv_file import write_csv
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.models.spec_pack import SpecPack
from zairyu.rules.items import Cell, fill_in


@pytest.fixture(scope="module")
def pack() -> SpecPack:
    return small_pack()


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
    filled = fill_in(form, {"reason": text}, pack, on=date(2026, 11, 1))
    refused = any(finding.place == "/reason" for finding in filled.findings)

    if not refused:
        header, row = read(write_csv(filled.cells, pack.csv))
        arrived = dict(zip(header, row, strict=True))["14 更新の理由"]
        assert arrived == text.translate(str.maketrans(TWICE, ONCE))


def test_a_pack_may_want_other_files(pack: SpecPack) -> None:
    layout = pack.csv.model_copy(
        update={"encoding": "utf-8-sig", "line_end": "\n", "quoting": "MINIMAL", "header": False}
    )

    assert write_csv([Cell("3 氏名", "TRAN"), Cell("14 理由", '"はい", と')], layout) == (
        b'\xef\xbb\xbfTRAN,"""' + 'はい"", と"\n'.encode()
    )


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="cp932", exclude_categories=["Cc"], exclude_characters=TWICE)), min_size=2))
def test_any_cells_arrive_as_they_are(pack: SpecPack, texts: list[str]) -> None:
    cells = [Cell(f"{number}", text) for number, text in enumerate(texts)]

    for quoting in ("ALL", "MINIMAL"):
        header, row = read(write_csv(cells, pack.csv.model_copy(update={"quoting": quoting})))
        assert header == [cell.header for cell in cells]
        assert row == texts
