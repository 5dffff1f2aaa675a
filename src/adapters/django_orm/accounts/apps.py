from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "adapters.django_orm.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
