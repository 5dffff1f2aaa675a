"""The admin finds its pages here."""

from adapters.django_orm.accounts.admin.services import ServiceAccountAdmin, ServiceKeyAdmin
from adapters.django_orm.accounts.admin.users import AccountEventAdmin, UserAdmin

__all__ = ["AccountEventAdmin", "ServiceAccountAdmin", "ServiceKeyAdmin", "UserAdmin"]
