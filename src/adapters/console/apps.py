from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "adapters.console"
    label = "console"
