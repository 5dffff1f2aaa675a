"""Translates database errors to errors of the core."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import cast

import structlog
from django.apps import apps
from django.db import (
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connections,
)
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Field, UniqueConstraint
from django.db.transaction import TransactionManagementError
from psycopg.errors import FeatureNotSupported

from core.accounts.errors import ServiceNameTaken, UserEmailTaken
from core.errors import Conflict, Unavailable
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.ports import TransactionAborted
from core.posts.errors import SlugTaken
from core.upstreams.errors import OverrideConflict

CONFLICTS: dict[str, type[Conflict]] = {
    "patients_email_unique": EmailTaken,
    "patients_external_id_unique": ExternalIdTaken,
    "patients_identifier_unique": IdentifierTaken,
    "accounts_email_unique": UserEmailTaken,
    "accounts_service_name_unique": ServiceNameTaken,
    "posts_slug_unique": SlugTaken,
    "upstreams_revision_unique": OverrideConflict,
}

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@contextmanager
def core_errors() -> Generator[None]:
    """Translates database errors to core errors, with the original as cause. Errors caused by bugs pass unchanged.

    While migrations are pending, such an error may be due to the old schema, and becomes `Unavailable`.
    """
    try:
        yield
    except IntegrityError as error:
        conflict = CONFLICTS.get(violated_constraint(error))
        if conflict is None:
            _raise_if_migrations_are_pending(error)
            raise
        raise conflict from error
    except TransactionManagementError as error:
        raise TransactionAborted from error
    except (ProgrammingError, DataError) as error:
        _raise_if_migrations_are_pending(error)
        raise
    except NotSupportedError as error:
        _close_if_prepared_before_a_migration(error)
        raise
    except (OperationalError, InterfaceError, InternalError) as error:  # InternalError: a read-only standby
        close_old_connections()  # so that the next call reconnects; does nothing inside a transaction
        log.warning("database_failed", error=type(error.__cause__ or error).__qualname__)
        raise Unavailable from error


def _raise_if_migrations_are_pending(error: Error) -> None:
    """Does nothing inside a transaction: the error passes through here again when the transaction has ended."""
    vendor = "sqlite" if isinstance(error.__cause__, sqlite3.Error) else "postgresql"
    used = [connection for connection in connections.all(initialized_only=True) if connection.vendor == vendor]
    if any(connection.in_atomic_block for connection in used):
        return
    for executor in map(MigrationExecutor, used):
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            log.error("migrations_pending", error=type(error.__cause__ or error).__qualname__)
            raise Unavailable from error


def _close_if_prepared_before_a_migration(error: NotSupportedError) -> None:
    """PostgreSQL refuses a prepared statement when the type of a result column has changed. Does nothing inside a
    transaction: the error passes through here again when the transaction has ended."""
    used = connections.all(initialized_only=True)
    prepared = isinstance(error.__cause__, FeatureNotSupported)
    if not prepared or any(connection.in_atomic_block for connection in used):
        return
    for connection in used:
        connection.close()
    raise Unavailable from error


def violated_constraint(error: IntegrityError) -> str:
    """The name of the constraint, or empty when it is not known."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name or ""
    _, _, columns = str(error).partition("UNIQUE constraint failed: ")
    return _sqlite_constraints().get(columns, "")


@cache
def _sqlite_constraints() -> dict[str, str]:
    """By columns: SQLite reports the columns of a unique constraint, not its name."""
    names: dict[str, str] = {}
    for options in (model._meta for model in apps.get_models()):
        for constraint in options.constraints:
            if isinstance(constraint, UniqueConstraint):
                columns = (cast("Field", options.get_field(name)).column for name in constraint.fields)
                names[", ".join(f"{options.db_table}.{column}" for column in columns)] = constraint.name
    return names
