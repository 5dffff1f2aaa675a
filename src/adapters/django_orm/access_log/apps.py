from django.apps import AppConfig


class AccessLogConfig(AppConfig):
    name = "adapters.django_orm.access_log"
    label = "access_log"
