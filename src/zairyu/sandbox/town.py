"""The places in town: the convenience store, where a fee is paid, and the mailbox with what its links lead to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from zairyu.sandbox.agency import Agency
from zairyu.sandbox.case import Action, NotFound
from zairyu.sandbox.mailbox import Mailbox
from zairyu.sandbox.pages import Pages, same_origin, to
from zairyu.sandbox.registry import Application


class TownPages:
    """The pages and the form of the shop."""

    def __init__(self, agency: Agency, mailbox: Mailbox, pages: Pages) -> None:
        self._agency = agency
        self._mailbox = mailbox
        self._pages = pages

    async def store(self, payment_number: str = "") -> HTMLResponse:
        """`GET /store`: the slip of a payment number, if one is given."""
        number = payment_number.strip()
        slip = self._agency.slip(number) if number else None
        return self._pages.show("store.html", payment_number=number, slip=slip)

    async def pay(self, payment_number: Annotated[str, Form()]) -> RedirectResponse:
        """`POST /store/payments`."""
        number = payment_number.strip()
        self._agency.pay(number)
        return to(f"/store?payment_number={number}")

    async def mails(self) -> HTMLResponse:
        """`GET /mailbox`."""
        return self._pages.show("mails.html", mails=self._mailbox.mails())

    async def mail(self, number: int) -> HTMLResponse:
        """`GET /mailbox/{number}`."""
        mail = self._mailbox.mail(number)
        if mail is None:
            raise NotFound("NO_SUCH_MAIL", f"there is no mail number {number}")
        return self._pages.show("mail.html", mail=mail)

    async def certificate(self, request_id: str) -> HTMLResponse:
        """`GET /certificates/{request_id}`: where the link in a certificate of eligibility leads to."""
        return self._pages.show("certificate.html", application=self._by_mail(request_id), Action=Action)

    async def register_receipt(self, request_id: str) -> RedirectResponse:
        """`POST /certificates/{request_id}/receipt`."""
        self._agency.hand_over(self._by_mail(request_id).request_id)
        return to(f"/certificates/{request_id}")

    def _by_mail(self, request_id: str) -> Application:
        application = self._agency.registry.application(request_id)
        if application.collection_method != "EMAIL":
            raise NotFound("NO_SUCH_CERTIFICATE", "nothing of this application comes by e-mail")
        return application

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(dependencies=[Depends(same_origin)])
        router.add_api_route("/store", self.store, methods=["GET"])
        router.add_api_route("/store/payments", self.pay, methods=["POST"])
        router.add_api_route("/certificates/{request_id}", self.certificate, methods=["GET"])
        router.add_api_route("/certificates/{request_id}/receipt", self.register_receipt, methods=["POST"])
        router.add_api_route("/mailbox", self.mails, methods=["GET"])
        router.add_api_route("/mailbox/{number}", self.mail, methods=["GET"])
        return router
