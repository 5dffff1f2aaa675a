from dependency_injector.wiring import Provide, inject
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from adapters.django_orm.accounts.models import User
from core.accounts.errors import WrongCredentials
from core.accounts.use_cases import VerifyPassword
from core.errors import ValidationError


class RegistryBackend(BaseBackend):
    """Signs users in to the admin with the use case that the API uses, with the same rate limits."""

    @inject
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        verify_password: VerifyPassword = Provide["verify_password"],
        **others: object,
    ) -> User | None:
        """Raises `TooManyRequests`."""
        if request is None or username is None or password is None:
            return None
        try:
            user = verify_password(
                email=username,
                password=password,
                address=request.META.get("REMOTE_ADDR", ""),
                request_id=request.META.get("REQUEST_ID", ""),
            )
        except (ValidationError, WrongCredentials):
            return None
        return self.get_user(user.id)

    def get_user(self, user_id: object) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
