from django.apps import AppConfig


class UndoConfig(AppConfig):
    name = "adapters.django_orm.undo"
    label = "undo"
    default_auto_field = "django.db.models.BigAutoField"
