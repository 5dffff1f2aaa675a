from django.apps import AppConfig


class PostsConfig(AppConfig):
    name = "adapters.django_orm.posts"
    label = "posts"
    default_auto_field = "django.db.models.BigAutoField"
