from django.apps import AppConfig


class UpstreamsConfig(AppConfig):
    name = "adapters.django_orm.upstreams"
    label = "upstreams"
    default_auto_field = "django.db.models.BigAutoField"
