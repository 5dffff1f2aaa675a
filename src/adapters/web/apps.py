from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "adapters.web"
    label = "web"
