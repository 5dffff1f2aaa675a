from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "adapters.django_orm.idempotency"
    label = "idempotency"
    default_auto_field = "django.db.models.BigAutoField"
