"""The registry of this process, set up by the environment."""

import os

from bootstrap import Container


def choose_settings() -> None:
    """`DJANGO_ENV` names Django's settings, unless `DJANGO_SETTINGS_MODULE` does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{os.environ.get('DJANGO_ENV', 'development')}")


def django_registry() -> Container:
    """For scripts: sets Django up as the server does and returns the registry of this process."""
    import django  # noqa: PLC0415 (`choose_settings` needs no Django)

    choose_settings()
    django.setup()
    from config.apps import RegistryConfig  # noqa: PLC0415

    return RegistryConfig.current().container
