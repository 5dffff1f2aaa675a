from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "adapters.django_orm.sync"
    label = "sync"
    default_auto_field = "django.db.models.BigAutoField"
