from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.access import Actor, Role
from core.accounts.service_accounts import ServiceAccount
from core.accounts.service_keys import KEY_LIFETIME, MAX_KEY_LIFETIME, NewKey
from core.accounts.use_cases import CreateServiceAccount, CreateServiceKey, ListServiceAccounts, RevokeServiceKey
from core.errors import RegistryError, ValidationError
from core.ports import Clock

Create = Annotated[CreateServiceAccount, Provide["create_service_account"]]
Find = Annotated[ListServiceAccounts, Provide["list_service_accounts"]]
Make = Annotated[CreateServiceKey, Provide["create_service_key"]]
Revoke = Annotated[RevokeServiceKey, Provide["revoke_service_key"]]
Now = Annotated[Clock, Provide["clock"]]


class Command(BaseCommand):
    help = "Creates, lists and revokes the API keys of service accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True, parser_class=ArgumentParser)
        make = commands.add_parser("make", help="create a key and print it once")
        make.add_argument("account", help="the name of the service account, such as lab-import")
        make.add_argument("name", help="a name for the key, such as 2026-11")
        make.add_argument("--days", type=_days, default=KEY_LIFETIME.days, help="days until it expires (%(default)s)")
        make.add_argument("--role", choices=list(Role), help="create the account first, with this role")
        make.add_argument("--network", action="append", help="an address or network it works from; can be repeated")
        make.add_argument("--permission", action="append", help="a permission of the role that it has; can be repeated")
        make.add_argument("--same-limits-as", metavar="KEY", help="another key, whose networks and permissions it gets")
        show = commands.add_parser("list", help="list the keys of an account")
        show.add_argument("account")
        revoke = commands.add_parser("revoke", help="revoke a key immediately")
        revoke.add_argument("account")
        revoke.add_argument("key", type=UUID, help="the key's id, as list shows it")

    def handle(self, *args: object, command: str, **options: object) -> None:
        work: Callable[..., None] = {"make": self._make, "list": self._list, "revoke": self._revoke}[command]
        try:
            work(Actor.system("service_key"), **options)
        except ValidationError as invalid:
            raise CommandError("\n".join(f"{error.field}: {error.message}" for error in invalid.errors)) from None
        except RegistryError as error:
            raise CommandError(str(error)) from None

    @inject
    def _make(
        self,
        actor: Actor,
        create: Create,
        find: Find,
        make: Make,
        clock: Now,
        *,
        account: str,
        name: str,
        days: int,
        role: str | None,
        network: list[str] | None,
        permission: list[str] | None,
        same_limits_as: str | None,
        **options: object,
    ) -> None:
        if role is not None:
            create(actor=actor, name=account, role=role)
        new: NewKey = {
            "name": name,
            "expires_at": clock.now() + timedelta(days=days),
            "same_limits_as": same_limits_as,
        }
        if network is not None:
            new["networks"] = network
        if permission is not None:
            new["permissions"] = permission
        key, token = make(actor=actor, account_id=_named(find, actor, account).id, **new)
        self.stderr.write(f"Key {key.id} of {account}, valid until {key.expires_at:%Y-%m-%d}. It is shown only once:")
        self.stdout.write(token)

    @inject
    def _list(self, actor: Actor, find: Find, clock: Now, *, account: str, **options: object) -> None:
        for key in _named(find, actor, account).keys:
            state = "live" if key.is_live(clock.now()) else "revoked" if key.revoked_at else "expired"
            limits = "".join(f"  {limit}: {value}" for limit, value in key.limits().items())
            used = f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never"
            dates = f"until {key.expires_at:%Y-%m-%d}  used {used:10}"
            self.stdout.write(f"{key.id}  {state:7}  {dates}  {key.name}{limits}")

    @inject
    def _revoke(self, actor: Actor, find: Find, revoke: Revoke, *, account: str, key: UUID, **options: object) -> None:
        revoke(actor=actor, account_id=_named(find, actor, account).id, key_id=key)
        self.stdout.write("The key is revoked.")


def _days(raw: str) -> int:
    if not raw.isdecimal() or not 1 <= int(raw) <= MAX_KEY_LIFETIME.days:
        raise ArgumentTypeError(f"must be a whole number from 1 to {MAX_KEY_LIFETIME.days}")
    return int(raw)


def _named(find: ListServiceAccounts, actor: Actor, name: str) -> ServiceAccount:
    for account in find(actor=actor, name=name).items:
        return account
    raise CommandError(f"There is no service account {name}. To create it with its first key, use --role.")
