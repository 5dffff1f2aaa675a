from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "adapters.django_orm.patients"
    label = "patients"
    default_auto_field = "django.db.models.BigAutoField"
