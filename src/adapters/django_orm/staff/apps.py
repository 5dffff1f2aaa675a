from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    default_site = "adapters.django_orm.staff.site.StaffSite"
