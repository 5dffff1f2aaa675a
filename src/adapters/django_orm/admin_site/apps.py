from django.contrib.admin.apps import AdminConfig


class AdminSiteConfig(AdminConfig):
    default_site = "adapters.django_orm.admin_site.site.RegistryAdminSite"
