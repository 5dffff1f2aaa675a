import gc
import warnings
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

from dependency_injector.wiring import inject
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate, pre_migrate

import bootstrap
from adapters.django_orm.db.migrations import lift_statement_timeout, restore_statement_timeout
from adapters.telemetry import logging
from config.configuration import configuration


class RegistryConfig(AppConfig):
    name = "config"
    label = "registry"
    container: bootstrap.Container

    @classmethod
    def current(cls) -> "RegistryConfig":
        config = apps.get_app_config("registry")
        assert isinstance(config, cls)
        return config

    def ready(self) -> None:
        logging.set_up(readable=settings.LOG_READABLE)
        pre_migrate.connect(lift_statement_timeout)
        post_migrate.connect(restore_statement_timeout)
        try:
            self.container = bootstrap.registry_on_django(configuration())
            self.container.upstream()  # an unusable setting stops the start, not the first sync
        except ValueError as error:
            raise ImproperlyConfigured(str(error)) from error
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an unknown provider name would be injected as itself
            self.container.wire(modules=_injected_modules(), warn_unresolved=True)
        gc.freeze()  # each collection would look through all that is loaded by now
        gc.enable()


def _injected_modules() -> Iterator[ModuleType]:
    """Those of the wired packages that use `@inject`: looking for markers in all of them takes half a second."""
    for package in bootstrap.WIRED_PACKAGES:
        for found in walk_packages(import_module(package).__path__, f"{package}."):
            module = import_module(found.name)
            if vars(module).get("inject") is inject:
                yield module
