import ast
import inspect
from collections.abc import Iterator
from typing import get_type_hints

from dependency_injector.providers import Object, Provider, ThreadSafeSingleton
from dependency_injector.wiring import _patched_registry
from django.urls import URLPattern, URLResolver, get_resolver

import bootstrap
from bootstrap import Configuration, in_memory_registry, registry_on_django
from config.apps import RegistryConfig
from config.registry import django_registry
from tests.ports import annotated_ports

CONFIGURATION = Configuration(secret_keys=("k" * 50,))


def views(resolver: URLResolver | None = None) -> Iterator[object]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield getattr(pattern.callback, "view_class", pattern.callback)
        else:
            yield from views(pattern)


def test_every_provider_of_both_registries_can_be_resolved() -> None:
    for registry in (in_memory_registry(CONFIGURATION), registry_on_django(CONFIGURATION)):
        providers: dict[str, Provider[object]] = registry.providers
        for name, provider in providers.items():
            if name != "upstream":
                assert provider() is not None, name


def injected(provider: Provider[object]) -> tuple[type, dict[str, object]]:
    """The class that the provider builds, and what each of its fields is given. A use case is wrapped, to be logged."""
    if isinstance(provider, ThreadSafeSingleton) and inspect.isfunction(provider.provides):
        use_case = inspect.getclosurevars(provider.provides).nonlocals.get("use_case")
        if isinstance(use_case, type):
            return use_case, {name: port() for name, port in provider.kwargs.items()}
    built = provider()
    return type(built), {name: getattr(built, name) for name in get_type_hints(type(built)) if hasattr(built, name)}


def test_every_injected_port_is_an_adapter_of_the_annotated_type() -> None:
    for registry in (in_memory_registry(CONFIGURATION), registry_on_django(CONFIGURATION)):
        checked = 0
        fields = [(name, hint, registry.providers[name]()) for name, hint in annotated_ports()]
        for name, provider in registry.providers.items():
            built, values = injected(provider)
            fields += [(f"{name}.{field}", get_type_hints(built).get(field), value) for field, value in values.items()]
        for name, hint, value in fields:
            if getattr(hint, "_is_protocol", False):
                assert hint in type(value).__mro__, name
                checked += 1
        assert checked >= 150


def test_overriding_the_patient_repository_leaves_every_other_port() -> None:
    registry, own = in_memory_registry(CONFIGURATION), object()
    registry.patients.override(Object(own))
    assert {name for name, _ in annotated_ports() if registry.providers[name]() is own} == {"patients"}
    users = {name for name, provider in registry.providers.items() if own in injected(provider)[1].values()}
    assert users == {
        "recorder",
        "view_patient",
        "update_patient",
        "swap_values",
        "erase_patient",
        "export_subject_access",
        "replay_erasures",
        "sync_patient",
        "start_sync_job",
        "row_importer",
        "decide_duplicate",
        "merge_patients",
        "undo_merge",
        "list_merges",
    }


def test_every_injected_argument_of_a_view_is_resolved() -> None:
    injected = 0
    for view in views():
        for function in vars(view).values() if inspect.isclass(view) else [view]:
            if inspect.isroutine(function) and (patched := _patched_registry.get_callable(function)):
                assert patched.injections.keys() == patched.reference_injections.keys() != set()
                injected += 1
    assert injected >= 10


def test_the_composition_root_imports_no_framework_at_the_top() -> None:
    source = ast.parse(inspect.getsource(bootstrap))
    imported = {node.module or "" for node in source.body if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in source.body if isinstance(node, ast.Import) for alias in node.names}
    assert not [name for name in imported if name.startswith(("django", "rest_framework", "config", "adapters.django"))]


def test_the_composition_root_never_imports_the_settings() -> None:
    imports = (node for node in ast.walk(ast.parse(inspect.getsource(bootstrap))) if isinstance(node, ast.ImportFrom))
    assert not [node.module for node in imports if (node.module or "").startswith("config")]


def test_a_script_shares_the_registry_of_its_process() -> None:
    registry = django_registry()
    assert registry is django_registry() is RegistryConfig.current().container
    assert registry.upstream() is RegistryConfig.current().container.upstream()
    assert registry.views() is RegistryConfig.current().container.views()
