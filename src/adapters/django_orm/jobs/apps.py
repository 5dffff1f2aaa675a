from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "adapters.django_orm.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
