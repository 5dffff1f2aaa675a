"""The least that an answer takes: the token is checked, one prepared statement runs, orjson writes. No router, no
account, no log."""

import os
from collections.abc import Callable, Iterable
from typing import LiteralString

import jwt
import orjson
import psycopg
from psycopg.rows import dict_row

database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0)
COLUMNS = """
    id, first_name, middle_name, last_name, prefix, suffix, other_names, email, email_shared, phone, other_phones,
    date_of_birth, date_of_birth_estimated, deceased, sex, language, addresses, contacts, identifiers, external_id,
    status, merged_into_id, version, last_synced_at, created_at, updated_at
"""
_SELECT = f"SELECT {COLUMNS} FROM patients_patient"
ONE = f"{_SELECT} WHERE id = %s"
PAGE = f"{_SELECT} ORDER BY id DESC LIMIT 100"
AFTER = f"{_SELECT} WHERE id < %s ORDER BY id DESC LIMIT 100"
OF_SEX = f"{_SELECT} WHERE sex = %s ORDER BY id DESC LIMIT 100"
_PAGES: dict[str, LiteralString] = {"": PAGE, "after": AFTER, "sex": OF_SEX}


def app(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
    jwt.decode(environ["HTTP_AUTHORIZATION"].removeprefix("Bearer "), os.environ["SECRET_KEY"], ["HS256"])
    patient_id = environ["PATH_INFO"].removeprefix("/patients/").rstrip("/")
    with database.cursor(row_factory=dict_row, binary=True) as cursor:
        if patient_id:
            body = orjson.dumps(cursor.execute(ONE, [patient_id]).fetchone())
        else:
            name, _, value = environ["QUERY_STRING"].partition("=")
            body = orjson.dumps(cursor.execute(_PAGES[name], [value] if value else []).fetchall())
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
