"""What devices and their clients ask first: what is this server, and may I come in (contract §6)."""

from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

import linkmgr
from linkmgr.accounts.permissions import KnownToken
from linkmgr.accounts.sign_in import DEVICE_LABEL, WrongLogin, sign_in
from linkmgr.accounts.tokens import token_of
from linkmgr.api.views import DeviceView
from linkmgr.api.voices import JSON, PARAMETERS_MISSED, TEXT_VOICE, WRONG_LOGIN

API_VERSION = "1"


class About(msgspec.Struct):
    firmware_version: str
    framework_version: str
    frontend_version: str
    api_version: str
    device_type: str
    device_name: str
    device_model: str
    device_serial_number: str


class Welcome(msgspec.Struct):
    token: str
    account_type: str

    def __repr__(self) -> str:
        return f"Welcome(account_type={self.account_type!r})"


class Farewell(msgspec.Struct):
    """Nothing more to say."""


class Info(DeviceView):
    """First call of every client; needs no token."""

    answer, query, statuses = About, (), ()
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> HttpResponse:
        told = About(
            firmware_version=linkmgr.__version__,
            framework_version=linkmgr.__version__,
            frontend_version=linkmgr.__version__,
            api_version=API_VERSION,
            device_type="server",
            device_name=settings.DEVICE_NAME,
            device_model="linkmgr",
            device_serial_number=str(serial_number()),
        )
        return HttpResponse(msgspec.json.encode(told), content_type=JSON)


class Login(DeviceView):
    """A token for two hours, for the MD5 of a device's password."""

    answer, query, statuses = Welcome, ("username", "password"), (400,)
    http_method_names = ("get",)
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> HttpResponse:
        username, password = request.GET.get("username"), request.GET.get("password")
        if not username or not password:
            return _refused(PARAMETERS_MISSED)
        try:
            signed_in = sign_in(request._request, username, password)
        except WrongLogin:
            return _refused(WRONG_LOGIN)
        told = Welcome(signed_in.token, "admin" if signed_in.may_write else "user")
        return HttpResponse(msgspec.json.encode(told), content_type=JSON, headers={"Cache-Control": "no-store"})


class Logout(DeviceView):
    """Ends a device's token; one of an integration is ended by whoever made it."""

    answer, query, statuses = Farewell, (), (401, 403)
    http_method_names = ("get",)
    permission_classes = (KnownToken,)

    def get(self, request: Request) -> HttpResponse:
        token = token_of(request)
        if token.label == DEVICE_LABEL:
            token.revoke()
        return HttpResponse(msgspec.json.encode(Farewell()), content_type=JSON)


def serial_number() -> UUID:
    """The same for every worker and machine of one installation, different for every other."""
    return UUID(bytes=salted_hmac("linkmgr.serial_number", "", algorithm="sha256").digest()[:16], version=4)


def _refused(error: str) -> HttpResponse:
    return HttpResponse(TEXT_VOICE.text(error), status=400, content_type=JSON)
