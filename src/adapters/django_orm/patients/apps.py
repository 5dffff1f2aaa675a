from django.apps import AppConfig
from django.db.models.signals import post_migrate

from adapters.django_orm.db.append_only import refuse_changes


class PatientsConfig(AppConfig):
    name = "adapters.django_orm.patients"
    label = "patients"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(self.protect, sender=self)

    def protect(self, using: str, **_signal: object) -> None:
        refuse_changes(self.get_model("PatientEvent"), using, assigned_once="position")
        refuse_changes(self.get_model("EventValues"), using, deletable=True)
