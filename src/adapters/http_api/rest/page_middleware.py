"""What pages need and calls of the API do not, which have no session, no messages and nothing that a browser shows."""

from collections.abc import Awaitable

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

API = ("/api/v1/", "/fhir/")


class _PageMiddleware(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request) if request.path_info.startswith(API) else super().__call__(request)


class PagePolicyMiddleware(_PageMiddleware, CSPMiddleware):
    pass


class PageSessionMiddleware(_PageMiddleware, SessionMiddleware):
    pass


class PageUserMiddleware(_PageMiddleware, AuthenticationMiddleware):
    pass


class PageMessagesMiddleware(_PageMiddleware, MessageMiddleware):
    pass
