from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "adapters.django_orm.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"
