"""Fills a PostgreSQL database of its own with patients. Django is set up for it."""

from struct import Struct
from uuid import UUID

from django.core.management import call_command
from django.db import connection

from adapters.django_orm.patients.models import Patient
from adapters.http_api.rest.cursors import encode_cursor

FILL = """
    INSERT INTO patients_patient (id, first_name, last_name, email, phone, date_of_birth, sex, status, version,
                                  external_id, created_at, updated_at, name, email_shared, date_of_birth_estimated,
                                  deceased, other_names, other_phones, addresses, contacts, identifiers)
    SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
           'First' || n %% 5000, 'Last' || n %% 20000, 'patient' || n || '@bench.example',
           '+1650253' || n %% 9000 + 1000,
           (date '1930-01-01' + n %% 33000)::text, (ARRAY['female', 'male', 'other', 'unknown'])[n %% 4 + 1],
           'active', 1, 'EHR-' || n,
           to_timestamp(1700000000 + n / 1000.0), to_timestamp(1700000000 + n / 1000.0),
           convert_to('last' || n %% 20000 || chr(1) || 'first' || n %% 5000, 'UTF8'), false, false,
           'false', '[]', '[]', '[]', '[]', '[]'
    FROM generate_series(1, %s) AS n
"""
TERMS = """
    INSERT INTO patients_searchterm (patient_id, term)
    SELECT id, convert_to(term, 'UTF8') FROM patients_patient, unnest(ARRAY[
        lower(first_name || last_name), lower(last_name || first_name), email, ltrim(phone, '+'), substr(phone, 3),
        '<' || reverse(ltrim(phone, '+')), replace(date_of_birth, '-', ''), lower(replace(external_id, '-', ''))
    ]) AS term
"""
DEFAULT_NAME = "ALTER TABLE patients_patient ALTER name SET DEFAULT ''"  # for peers, which have no such column


def fill(patients: int) -> None:
    call_command("migrate", verbosity=0)
    if Patient.objects.count() >= patients:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("TRUNCATE patients_patient, patients_searchterm CASCADE")
        cursor.execute(DEFAULT_NAME)
        cursor.execute(FILL, [patients])
        cursor.execute(TERMS)
        cursor.execute("VACUUM ANALYZE patients_patient, patients_searchterm")
        cursor.execute("RESET statement_timeout")


def cursor_at(depth: int) -> tuple[UUID, str]:
    """The last patient before a page, and the cursor of the page."""
    last: UUID = Patient.objects.order_by("-id").values_list("id", flat=True)[depth]
    return last, encode_cursor(Struct(">16sI"), last.bytes, 1)
