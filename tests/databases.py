from collections.abc import Callable, Generator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from psycopg.sql import SQL, Identifier


@contextmanager
def postgres_database(template: str = "template1") -> Generator[str]:
    """The name of a copy of `template`, which must have no connections."""
    name = f"registry_{uuid4().hex}"
    host = settings.DATABASES["postgres"]["HOST"]
    with psycopg.connect(host=host, user="postgres", autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        yield name
        server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def connected(name: str, host: str | None = None) -> Generator[None]:
    """In this process, Django can use the PostgreSQL database `name`, by the alias `name`."""
    place = {"NAME": name, "HOST": host or settings.DATABASES["postgres"]["HOST"]}
    connections.databases[name] = connections.databases["postgres"] | place
    try:
        yield
    finally:
        connections[name].close()
        del connections[name], connections.databases[name]


def shared_database(name: str, fill: Callable[[str], object], template: str = "template1") -> str:
    """`name`, of a database to be copied. The first process of a test run that needs it fills it."""
    host = settings.DATABASES["postgres"]["HOST"]
    with psycopg.connect(host=host, user="postgres", autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if not server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            with postgres_database(template) as filled:
                fill(filled)
                server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(filled)))
    return name


def url_of(name: str, role: str = "postgres", host: str | None = None) -> str:
    return f"postgres://{role}@/{name}?host={host or settings.DATABASES['postgres']['HOST']}"


def empty(database: str) -> None:
    """Deletes every row of the registry's own tables."""
    models = [
        model
        for model in apps.get_models()
        if model._meta.app_label not in {"auth", "contenttypes"} and model._meta.can_migrate(database)
    ]
    with unprotected(database), connections[database].cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


@contextmanager
def unprotected(database: str) -> Generator[None]:
    """A transaction in which the rows of append-only tables can be changed."""
    with transaction.atomic(using=database), connections[database].cursor() as cursor:
        if connections[database].vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        yield


def flush(_command: object, *, database: str, **_options: object) -> None:
    """Replaces Django's, which truncates: that takes PostgreSQL longer than most tests take."""
    empty(database)
