from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.access import Actor, Role
from core.accounts.errors import UserEmailTaken
from core.accounts.use_cases import CreateUser
from core.errors import ValidationError


class Command(BaseCommand):
    help = "Adds an admin with ADMIN_EMAIL and ADMIN_PASSWORD from the environment. An existing user is not changed."

    @inject
    def handle(
        self, *args: object, create_user: Annotated[CreateUser, Provide["create_user"]], **options: object
    ) -> None:
        if not (settings.ADMIN_EMAIL and settings.ADMIN_PASSWORD):
            raise CommandError("Set ADMIN_EMAIL and ADMIN_PASSWORD in the environment.")
        actor = Actor.system("create_superuser_from_env")
        try:
            create_user(actor=actor, email=settings.ADMIN_EMAIL, password=settings.ADMIN_PASSWORD, role=Role.ADMIN)
        except UserEmailTaken:
            self.stdout.write("A user with ADMIN_EMAIL already exists and was not changed.")
        except ValidationError as invalid:
            errors = "\n".join(f"  ADMIN_{error.field.upper()}: {error.message}" for error in invalid.errors)
            raise CommandError(f"No admin was added.\n{errors}") from None
        else:
            self.stdout.write("The admin was added.")
