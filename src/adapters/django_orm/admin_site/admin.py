"""Django's autodiscovery imports this module, which registers the pages of every area."""

from django.contrib import admin
from django.contrib.auth.models import Group

from adapters.django_orm.admin_site import jobs, patients, posts, sync, upstreams

__all__ = ["jobs", "patients", "posts", "sync", "upstreams"]

admin.site.unregister(Group)  # permissions come from the role
