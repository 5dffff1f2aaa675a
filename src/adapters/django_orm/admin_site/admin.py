"""Django's autodiscovery imports this module, which registers the pages of every area."""

from django.contrib import admin
from django.contrib.auth.models import Group

from adapters.django_orm.admin_site import jobs, patients, posts, sync, upstreams
from adapters.django_orm.admin_site.accounts import service_accounts, users

__all__ = ["jobs", "patients", "posts", "service_accounts", "sync", "upstreams", "users"]

admin.site.unregister(Group)  # permissions come from the role
