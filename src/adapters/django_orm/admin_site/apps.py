from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class RegistryAdminConfig(AdminConfig):
    """Django's admin app, with our site."""

    default_site = "adapters.django_orm.admin_site.site.RegistryAdminSite"


class AdminPagesConfig(AppConfig):
    """The registry's pages of the admin, and their templates."""

    name = "adapters.django_orm.admin_site"
