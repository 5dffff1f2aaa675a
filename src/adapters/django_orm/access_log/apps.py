from django.apps import AppConfig
from django.db.models.signals import post_migrate

from adapters.django_orm.db.append_only import refuse_changes


class AccessLogConfig(AppConfig):
    name = "adapters.django_orm.access_log"
    label = "access_log"

    def ready(self) -> None:
        post_migrate.connect(self.protect, sender=self)

    def protect(self, using: str, **_signal: object) -> None:
        refuse_changes(self.get_model("AccessEntry"), using)
