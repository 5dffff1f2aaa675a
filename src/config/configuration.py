"""Django's settings as the registry's configuration."""

import json
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from adapters.external.auth.credentials import BearerToken, CredentialsFactory
from adapters.external.auth.oauth import ClientCredentials
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.transport.tls import ClientCertificate
from bootstrap import Configuration
from core.matching.scoring import Thresholds
from core.patients.identifier_systems import DEFAULT_SYSTEMS, IdentifierSystems
from core.ports import RateLimit, RateLimitScope
from core.sync.change_limits import ChangeLimits
from core.sync.merge import FIELDS, parse_fields


def configuration() -> Configuration:
    policy = UpstreamPolicy.parse(
        settings.EXTERNAL_API_POLICY,
        timeout=settings.EXTERNAL_API_TIMEOUT,
        max_threads=max(1, settings.SERVER_THREADS // 2),
    )
    secret_keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return Configuration(
        secret_keys=secret_keys,
        time_zone=settings.TIME_ZONE,
        phone_region=settings.PHONE_REGION,
        identifier_systems=_identifier_systems(),
        match_thresholds=Thresholds.parse(settings.MATCH_CERTAIN, settings.MATCH_POSSIBLE),
        sync_fields=parse_fields(settings.SYNC_FIELDS) if settings.SYNC_FIELDS else FIELDS,
        change_limits=ChangeLimits.parse(settings.SYNC_MAX_CHANGED, settings.SYNC_MAX_ALIKE),
        breached_passwords=Path(settings.BREACHED_PASSWORDS) if settings.BREACHED_PASSWORDS else None,
        upstream_url=settings.EXTERNAL_API_BASE_URL,
        upstream_policy=policy,
        upstream_credentials=_credentials(policy),
        upstream_certificate=_certificate(),
        lease=timedelta(seconds=settings.JOB_LEASE),
        password_checks_at_once=max(1, settings.SERVER_THREADS // 4),
        limits={scope: RateLimit.parse(settings.LIMITS[scope]) for scope in RateLimitScope},
        broker_url=settings.CELERY_BROKER_URL,
        audit_keys=(settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS) if settings.AUDIT_KEY else secret_keys,
        access_log_delay=settings.ACCESS_LOG_DELAY,
        erasure_ledger=_erasure_ledger(),
    )


def _erasure_ledger() -> Path | None:
    if not settings.ERASURE_LEDGER:
        return None
    path = Path(settings.ERASURE_LEDGER)
    if not path.parent.is_dir():
        raise ValueError("ERASURE_LEDGER must name a file in an existing directory.")
    return path


def _identifier_systems() -> IdentifierSystems:
    if not settings.IDENTIFIER_SYSTEMS:
        return DEFAULT_SYSTEMS
    try:
        raw = json.loads(settings.IDENTIFIER_SYSTEMS)
    except json.JSONDecodeError as error:
        raise ValueError(f"IDENTIFIER_SYSTEMS is not valid JSON: {error}") from None
    return IdentifierSystems.parse(raw)


def _credentials(policy: UpstreamPolicy) -> CredentialsFactory:
    client = (settings.EXTERNAL_API_TOKEN_URL, settings.EXTERNAL_API_CLIENT_ID, settings.EXTERNAL_API_CLIENT_SECRET)
    if not any(client):
        return BearerToken(settings.EXTERNAL_API_TOKEN)
    if settings.EXTERNAL_API_TOKEN or not all(client):
        raise ValueError(
            "Set either EXTERNAL_API_TOKEN, or EXTERNAL_API_TOKEN_URL, EXTERNAL_API_CLIENT_ID and "
            "EXTERNAL_API_CLIENT_SECRET together."
        )
    return ClientCredentials(*client, settings.EXTERNAL_API_SCOPE, policy)


def _certificate() -> ClientCertificate | None:
    certificate, key = settings.EXTERNAL_API_CLIENT_CERT, settings.EXTERNAL_API_CLIENT_KEY
    if key and not certificate:
        raise ValueError("EXTERNAL_API_CLIENT_KEY belongs to a certificate: set EXTERNAL_API_CLIENT_CERT as well.")
    return ClientCertificate(Path(certificate), Path(key) if key else None) if certificate else None
