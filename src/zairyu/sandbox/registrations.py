"""User registration as RAS does it: a mail with a link, a page for the password, a mail with the authentication ID."""

import secrets
import sqlite3
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from zairyu.sandbox.case import NotFound, Refusal
from zairyu.sandbox.letters import Letters
from zairyu.sandbox.pages import Pages, same_origin, to
from zairyu.sandbox.registry import Contents

USER_REGISTRATION: Final = "USER_REGISTRATION"
_MAIL: Final = "電子メールアドレス"
_TABLES = """
CREATE TABLE IF NOT EXISTS account (
    request_id TEXT PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    authentication_id TEXT UNIQUE
);
"""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One registered user. A password is never kept: nobody logs in to a sandbox."""

    request_id: str
    token: str
    """What the link in the mail ends with."""
    email: str
    authentication_id: str | None
    """Nothing before the password is set."""


class Accounts:
    """What RAS knows of its users, and the two mails it writes to each."""

    def __init__(self, database: sqlite3.Connection, letters: Letters) -> None:
        self._database = database
        self._letters = letters
        database.executescript(_TABLES)

    def open(self, request_id: str, contents: Contents) -> None:
        """Open an account for a registration that was received, and write to its user."""
        filled = ((column, value) for column, value in contents.csv_row.items() if value)
        email = next(value for column, value in filled if column.partition(" ")[2] == _MAIL)
        token = secrets.token_urlsafe(16)
        with self._database:
            self._database.execute(
                "INSERT INTO account (request_id, token, email) VALUES (?, ?, ?)", (request_id, token, email)
            )
        self._letters.write(
            email,
            "【模擬環境】利用者情報登録完了のお知らせ / SANDBOX: your registration",
            "次のページでパスワードを設定してください。\nSet your password on this page:\n\n",
            f"/registrations/{token}",
        )

    def account(self, token: str) -> Account:
        """The account that a link leads to.

        Raises:
            NotFound: there is none.
        """
        row = self._database.execute("SELECT * FROM account WHERE token = ?", (token,)).fetchone()
        if row is None:
            raise NotFound("NO_SUCH_REGISTRATION", "this link leads to no registration")
        return Account(**row)

    def set_password(self, token: str) -> None:
        """Activate an account; its ID comes by mail.

        Raises:
            NotFound: there is no such account.
            Refusal: its password is set already.
        """
        account = self.account(token)
        if account.authentication_id is not None:
            raise Refusal("PASSWORD_IS_SET", "this link has been used")
        authentication_id = f"SB{secrets.randbelow(10**8):08}"
        with self._database:
            self._database.execute(
                "UPDATE account SET authentication_id = ? WHERE token = ?", (authentication_id, token)
            )
        self._letters.write(
            account.email,
            "【模擬環境】認証IDのお知らせ / SANDBOX: your authentication ID",
            f"認証ID / Authentication ID: {authentication_id}\n",
        )


class AccountPages:
    """The page behind the link in the mail."""

    def __init__(self, accounts: Accounts, pages: Pages) -> None:
        self._accounts = accounts
        self._pages = pages

    async def show(self, token: str) -> HTMLResponse:
        """`GET /registrations/{token}`."""
        return self._pages.show("registration.html", account=self._accounts.account(token))

    async def set_password(
        self, token: str, password: Annotated[str, Form(min_length=8, max_length=64)]
    ) -> RedirectResponse:
        """`POST /registrations/{token}/password`."""
        self._accounts.set_password(token)
        return to(f"/registrations/{token}")

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/registrations", dependencies=[Depends(same_origin)])
        router.add_api_route("/{token}", self.show, methods=["GET"])
        router.add_api_route("/{token}/password", self.set_password, methods=["POST"])
        return router
