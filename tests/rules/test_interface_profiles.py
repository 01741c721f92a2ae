"""A profile that is wrong says where, before anything starts."""

from pathlib import Path

import pytest

from zairyu.rules.interface_profiles import SANDBOX, InterfaceProfileFaulty, interface_profile

_SANDBOX = (Path(__file__).parents[2] / "src/zairyu/interface_profiles/sandbox.toml").read_text()
_OURS = _SANDBOX.replace('name = "sandbox"', 'name = "ours"')


def _window(begins: str, ends: str) -> str:
    return _OURS + f"\n[[maintenance]]\nbegins = {begins}\nends = {ends}\nsource = 'notice'\n"


def _file(place: Path, content: str) -> str:
    (place / "ours.toml").write_text(content)
    return str(place / "ours.toml")


def test_profile_is_read_from_a_file_with_its_calendar(tmp_path: Path) -> None:
    content = _window("2027-01-10T00:00:00+09:00", "2027-01-10T06:00:00+09:00")
    profile = interface_profile(_file(tmp_path, content))

    assert (profile.name, len(profile.maintenance)) == ("ours", 1)
    assert profile.capabilities == interface_profile(SANDBOX).capabilities


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_OURS.replace("[words.outcome]", "[words.outcome"), "line"),
        (_OURS.replace("STATUS_FEED", "STATUS_FOOD"), "capabilities"),
        (_OURS.replace("requests_per_second = 200.0", "requests_per_second = 0"), "requests_per_second"),
        (_OURS.replace("requests_per_second = 200.0", "requests_per_second = inf"), "requests_per_second"),
        (_OURS.replace("requests_per_second", "request_per_second"), "request_per_second"),
        (_OURS.replace('"RECEIVED"', '"TAKEN"'), "words.application.申請完了"),
        (_OURS.replace("ras.sandbox.example", "RAS.sandbox.example"), "agency_mail.domains.0"),
        (_window("2027-01-10T00:00:00", "2027-01-10T06:00:00+09:00"), "maintenance.0.begins"),
        (_window("2027-01-10T06:00:00+09:00", "2027-01-10T06:00:00+09:00"), "ends before it begins"),
        (_SANDBOX, "only the sandbox's own profile"),
    ],
)
def test_profile_that_is_wrong_says_where(tmp_path: Path, content: str, said: str) -> None:
    assert content != _OURS
    with pytest.raises(InterfaceProfileFaulty) as faulty:
        interface_profile(_file(tmp_path, content))

    assert said in str(faulty.value)
    assert "ours.toml" in str(faulty.value)


def test_profile_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(InterfaceProfileFaulty, match=r"missing\.toml: No such file"):
        interface_profile(str(tmp_path / "missing.toml"))
