from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.access import Actor
from core.accounts.use_cases import IssuePasswordReset, ListUsers
from core.errors import RegistryError, ValidationError


class Command(BaseCommand):
    help = "Prints a one-time code with which a user sets a new password at /reset-password/, within an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the email of the user")

    @inject
    def handle(
        self,
        *args: object,
        email: str,
        list_users: Annotated[ListUsers, Provide["list_users"]],
        issue: Annotated[IssuePasswordReset, Provide["issue_password_reset"]],
        **options: object,
    ) -> None:
        actor = Actor.system("reset_password")
        try:
            for user in list_users(actor=actor, email=email).items:
                reset, code = issue(actor=actor, user_id=user.id)
                self.stderr.write(f"The code works once, until {reset.expires_at:%Y-%m-%d %H:%M} UTC:")
                self.stdout.write(code)
                return
        except ValidationError as invalid:
            raise CommandError("\n".join(f"{error.field}: {error.message}" for error in invalid.errors)) from None
        except RegistryError as error:
            raise CommandError(str(error)) from None
        raise CommandError("There is no user with this email.")
