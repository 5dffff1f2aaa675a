"""The registry as Django's settings want it."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from adapters.external.auth.credentials import BearerToken, CredentialsFactory
from adapters.external.auth.oauth import ClientCredentials
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.transport.tls import ClientCertificate
from adapters.tasks.in_process import InProcessQueue
from bootstrap import Configuration
from core.jobs.ports import JobQueue
from core.ports import Clock, RateLimit, RateLimitScope


def job_queue(database: str, clock: Clock) -> JobQueue:
    if not settings.CELERY_BROKER_URL:
        return InProcessQueue()
    from adapters.tasks.celery import CeleryQueue, sender  # noqa: PLC0415 (a process without a broker needs no Celery)

    return CeleryQueue(
        sender(settings.CELERY_BROKER_URL), lambda send: transaction.on_commit(send, using=database), clock
    )


def configuration() -> Configuration:
    policy = UpstreamPolicy.parse(
        settings.EXTERNAL_API_POLICY,
        timeout=settings.EXTERNAL_API_TIMEOUT,
        max_threads=max(1, settings.SERVER_THREADS // 2),
    )
    return Configuration(
        secret_keys=(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS),
        time_zone=settings.TIME_ZONE,
        phone_region=settings.PHONE_REGION,
        upstream_url=settings.EXTERNAL_API_BASE_URL,
        upstream_policy=policy,
        upstream_credentials=_credentials(policy),
        upstream_certificate=_certificate(),
        lease=timedelta(seconds=settings.JOB_LEASE),
    )


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


def limits() -> dict[RateLimitScope, RateLimit]:
    return {scope: RateLimit.parse(settings.LIMITS[scope]) for scope in RateLimitScope}
