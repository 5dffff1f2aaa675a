from uuid import UUID

from attrs import asdict, fields, frozen

from adapters.django_orm.accounts import models
from adapters.django_orm.db.binary import Row
from adapters.django_orm.db.errors import core_errors
from core.accounts.audit import AccountAction, AccountEvent
from core.accounts.ports import AccountTrail
from core.paging import Page, make_page

_COLUMNS = tuple(field.name for field in fields(AccountEvent))


@frozen
class DjangoAccountTrail(AccountTrail):
    database: str = "default"

    @core_errors()
    def record(self, event: AccountEvent) -> None:
        models.AccountEvent.objects.using(self.database).create(**asdict(event))

    @core_errors()
    def history(self, account_id: UUID, *, after: UUID | None, limit: int) -> Page[AccountEvent]:
        rows = models.AccountEvent.objects.using(self.database).filter(account_id=account_id).order_by("-id")
        if after is not None:
            rows = rows.filter(id__lt=after)
        found = [_event(row) for row in rows.values(*_COLUMNS)[: limit + 1]]
        return make_page(found, limit, lambda event: event.id)


def _event(row: Row) -> AccountEvent:
    row["action"] = AccountAction(row["action"])
    return AccountEvent(**row)
