import re
from pathlib import Path

from tests.sandbox.provider import Provider, provider_of, registration, running

REQUEST_ID = "registration.user-0001.0123456789abcdef0123"


async def register(provider: Provider) -> None:
    await provider.submitted(registration(), REQUEST_ID, "USER_REGISTRATION")


async def mailed(provider: Provider, pattern: str) -> list[str]:
    mails = (await provider.http.get("/sandbox/mails")).json()
    assert {tuple(mail["recipients"]) for mail in mails} <= {("rivera@example.jp",)}
    return [word for mail in mails for word in re.findall(pattern, mail["text"])]


async def test_link_in_the_mail_leads_to_the_password_and_the_id_comes_by_mail(provider: Provider) -> None:
    await register(provider)
    (link,) = await mailed(provider, r"http\S+/registrations/\S+")
    assert link.startswith(str(provider.http.base_url).rstrip("/"))
    (mail,) = (await provider.http.get("/sandbox/mails")).json()
    assert f'href="{link}"' in (await provider.http.get(f"/mailbox/{mail['id']}")).text
    assert 'name="password"' in (await provider.http.get(link)).text
    assert await mailed(provider, r"SB\d{8}") == []

    assert (await provider.http.post(f"{link}/password", data={"password": "any-will-do"})).status_code == 303

    assert len(await mailed(provider, r"SB\d{8}")) == 1
    assert 'name="password"' not in (await provider.http.get(link)).text


async def test_link_serves_once(provider: Provider) -> None:
    await register(provider)
    (link,) = await mailed(provider, r"http\S+/registrations/\S+")
    short = await provider.http.post(f"{link}/password", data={"password": "short"})
    assert short.status_code == 422
    for status in (303, 409):
        answer = await provider.http.post(f"{link}/password", data={"password": "any-will-do"})
        assert answer.status_code == status
    assert len(await mailed(provider, r"SB\d{8}")) == 1


async def test_link_to_nowhere_is_told(provider: Provider) -> None:
    assert (await provider.http.get("/registrations/nobody")).status_code == 404


async def test_repeated_registration_is_answered_alike_and_mailed_once(provider: Provider) -> None:
    await register(provider)
    await register(provider)
    assert len(await mailed(provider, r"/registrations/")) == 1


async def test_officer_has_nothing_to_do_with_a_registration(provider: Provider) -> None:
    await register(provider)
    assert "利用者情報登録" in (await provider.http.get("/officer")).text
    answer = await provider.http.post(f"/officer/applications/{REQUEST_ID}/receipt-number")
    assert answer.status_code == 409


async def test_account_survives_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        await register(provider)
        (token,) = await mailed(provider, r"/registrations/(\S+)")
    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        answer = await provider.http.post(f"/registrations/{token}/password", data={"password": "any-will-do"})
        assert answer.status_code == 303
