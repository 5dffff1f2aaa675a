from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    """Has commands, but no tables."""

    name = "adapters.django_orm.db"
    label = "db"
