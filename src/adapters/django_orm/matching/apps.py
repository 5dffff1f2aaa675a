from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "adapters.django_orm.matching"
    label = "matching"
    default_auto_field = "django.db.models.BigAutoField"
