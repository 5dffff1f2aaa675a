"""The admin finds its pages here."""

from adapters.django_orm.accounts.admin.service_accounts import ServiceAccountAdmin, ServiceKeyAdmin
from adapters.django_orm.accounts.admin.users import AccountEventAdmin, UserAdmin

__all__ = ["AccountEventAdmin", "ServiceAccountAdmin", "ServiceKeyAdmin", "UserAdmin"]
