from django.apps import AppConfig


class HttpApiConfig(AppConfig):
    name = "adapters.http_api"
    label = "http_api"
