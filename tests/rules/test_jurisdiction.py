from collections import Counter
from datetime import date

import pytest

from zairyu.rules.jurisdiction import OfficeRow, competent_office, office_in_charge
from zairyu.rules.tables import in_force, load_table

TODAY = date(2026, 11, 24)
PREFECTURES = (
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県",
    "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県",
    "岐阜県", "静岡県", "愛知県", "三重県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県",
    "鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県",
)  # fmt: skip


def test_every_prefecture_has_exactly_one_office() -> None:
    rows = in_force(load_table("offices", OfficeRow), TODAY)
    listed = Counter(prefecture for row in rows for prefecture in row.prefectures)

    assert len(PREFECTURES) == 47
    assert listed == dict.fromkeys(PREFECTURES, 1)
    assert len({row.code for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("prefecture", "code"),
    [
        ("東京都", "TOKYO"),
        ("神奈川県", "YOKOHAMA"),
        ("新潟県", "TOKYO"),
        ("富山県", "NAGOYA"),
        ("静岡県", "NAGOYA"),
        ("兵庫県", "KOBE"),
        ("沖縄県", "NAHA"),
    ],
)
def test_people_are_sent_to_the_office_of_their_prefecture(prefecture: str, code: str) -> None:
    office = competent_office(prefecture, on=TODAY)

    assert office is not None
    assert office.code == code
    assert office.name.ja
    assert office.name.en


@pytest.mark.parametrize("name", ["", "東京", "Tokyo", "東京府"])
def test_an_unknown_prefecture_has_no_office(name: str) -> None:
    assert competent_office(name, on=TODAY) is None
    assert office_in_charge(name, on=TODAY) is None


@pytest.mark.parametrize("prefecture", PREFECTURES)
def test_everybody_is_told_the_office_in_charge_with_its_source(prefecture: str) -> None:
    office, row = office_in_charge(prefecture, on=TODAY), competent_office(prefecture, on=TODAY)

    assert office is not None
    assert row is not None
    assert (office.code, office.name, office.source) == (row.code, row.name, row.source)
