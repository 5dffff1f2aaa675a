"""What users of every kind do on an ordinary day, with marked values, and with mistakes."""

from time import monotonic, sleep
from uuid import uuid4

from core.access import Role
from tests.e2e.marked_callers import Callers
from tests.e2e.markers import BIRTHDAY, MARK, PHONE

CSV = "first_name,last_name,email,date_of_birth,phone\n{0},{1},{0}@mail.example,{2},{3}\n{0},{1},{0} at mail,{1},{1}\n"


def a_day(callers: Callers) -> None:
    callers.add_service()
    forget_a_password(callers)
    sign_in_wrongly(callers)
    patients(callers)
    jobs(callers)
    posts(callers)
    oddities(callers)


def forget_a_password(callers: Callers) -> None:
    """Of an account whose first password an admin chose."""
    email, first, second, password = f"{callers.markers.new()}@clinic.example", *(
        callers.markers.new() for _ in range(3)
    )
    new = {"email": email, "password": first, "role": Role.READER}
    user = callers.call("POST", "users/", Role.ADMIN, json=new).json()["id"]
    callers.keep_ids(user_id=user)
    change = {"current": first, "password": second}
    pair = callers.call("POST", "users/me/password/", token=callers.signed_in(email, first), json=change).json()
    for token in (pair["access"], pair["refresh"]):
        callers.markers.keep(token)
    code = callers.call("POST", f"users/{user}/password-reset/", Role.ADMIN).json()["code"]
    for given in (f"{code}x", callers.markers.keep(code)):
        callers.call("POST", "auth/password-reset/", json={"code": given, "password": password})
    callers.call("POST", "/reset-password/", data={"code": "AAAAA-AAAAA-AAAAA-AAAAA", "password": password})
    callers.signed_in(email, password)


def sign_in_wrongly(callers: Callers) -> None:
    new = callers.markers.new
    for body in ({"email": f"{new()}@clinic.example", "password": new()}, {"email": new(), "password": 7}):
        callers.call("POST", "auth/token/", json=body)
    for path in ("auth/token/refresh/", "auth/token/revoke/"):
        callers.call("POST", path, json={"refresh": new()})
    for token in (new(), f"prk_{uuid4().hex}_{new():a<43}", f"e30.{new()}.{new()}", f"{new()}, {new()}"):
        callers.call("GET", "patients/", token=token)
    form = {"username": f"{new()}@clinic.example", "password": new(), "next": f"/{new()}"}
    callers.call("POST", "/admin/login/", data=form)
    callers.call("GET", f"/admin/patients/patient/?q={new()}")


def patients(callers: Callers) -> None:
    person = callers.person()
    key = {"Idempotency-Key": callers.markers.new()}
    one = callers.call("POST", "patients/", Role.CLERK, json=person, headers=key).json()
    callers.call("POST", "patients/", Role.CLERK, json=person, headers=key)
    callers.call("POST", "patients/", Role.CLERK, json=person | {"last_name": callers.markers.new()}, headers=key)
    callers.call("POST", "patients/", Role.CLERK, json=person)
    del person["override_reason"]
    callers.call("POST", "patients/", "service", json=person | {"email": None, "external_id": None, "identifiers": []})
    other = callers.call("POST", "patients/", "service", json=callers.person()).json()
    callers.keep_ids(patient_id=one["id"])
    callers.keep_ids(patient_id=other["id"])
    path = f"patients/{one['id']}/"
    for email in ("", "@mail.example"):
        change = {"last_name": callers.markers.new(), "email": callers.markers.new() + email}
        callers.call("PATCH", path, Role.CLERK, json=change)
    callers.call("PATCH", path, Role.CLERK, json={"last_name": callers.markers.new(), "email": other["email"]})
    callers.call("PUT", path, Role.CLERK, json=person | {"last_name": callers.markers.new()})
    for page in ("", "?limit=1", f"?q={MARK}&limit=1", f"?email={one['email']}", "?limit=1&sort=name"):
        callers.call("GET", f"patients/{page}", Role.READER)
    for search in ({"q": MARK, "sort": "name"}, {"email": one["email"]}, {"phone": PHONE}, {"q": f"{MARK}\0"}):
        page = callers.call("POST", "patients/search/", Role.READER, json=search | {"limit": 1}).json()
        if cursor := page.get("next_cursor"):
            callers.call("POST", "patients/search/", Role.READER, json=search | {"limit": 1, "cursor": cursor})
    callers.call("POST", "patients/match/", Role.CLERK, json={"last_name": other["last_name"], "phone": PHONE})
    callers.call("GET", "patients/changes/?limit=1", Role.READER)
    callers.call("POST", f"{path}swap/", Role.CLERK, json={"other": other["id"], "fields": ["email"]})
    callers.call("GET", f"{path}history/?limit=1", Role.READER)
    for _ in range(30):  # twice each response of upstream
        callers.call("POST", f"{path}sync_external_data/", Role.CLERK)
    merged = callers.call("POST", f"{path}merge/", Role.CLERK, json={"other": other["id"]}).json()
    callers.call("POST", f"{path}merge/", Role.CLERK, json={"other": other["id"]})
    callers.call("POST", f"merges/{merged['merge']['id']}/undo/", Role.CLERK)


def jobs(callers: Callers) -> None:
    content = CSV.format(callers.markers.new(), callers.markers.new(), BIRTHDAY, PHONE)
    without_header = content.partition("\n")[2]
    for name, rows in ((f"{MARK}.csv", content), ("a.csv", without_header), (f"a.{MARK}", content)):
        file = {"file": (name, rows, f"text/{MARK}")}
        started = callers.call("POST", "imports/", Role.CLERK, files=file)
        if started.status_code == 202:
            completed(callers, f"imports/{started.json()['id']}/")
            callers.keep_ids(import_id=started.json()["id"])
            callers.call("GET", f"imports/{started.json()['id']}/rejects/", Role.CLERK)
    job = callers.call("POST", "sync-jobs/", Role.CLERK, json={}).json()["id"]
    completed(callers, f"sync-jobs/{job}/")
    callers.keep_ids(job_id=job)
    for details in ("failures/?limit=1", "held-changes/"):
        callers.call("GET", f"sync-jobs/{job}/{details}", Role.CLERK)
    for accept in ("text/csv", "application/x-ndjson", f"text/{MARK}"):
        callers.call("GET", "patients/export/", Role.CLERK, headers={"Accept": accept})
    callers.call("GET", "audit/?limit=1", Role.ADMIN)


def completed(callers: Callers, path: str) -> None:
    deadline = monotonic() + 60
    while callers.call("GET", path, Role.CLERK).json()["state"] not in {"completed", "failed", "held"}:
        assert monotonic() < deadline
        sleep(0.05)


def posts(callers: Callers) -> None:
    """Published, they are anybody's, and are in the cache."""
    public = {"title": "Hours", "content": "9 to 5"}
    post = callers.call("POST", "posts/", Role.AUTHOR, json=public).json()["id"]
    callers.call("POST", f"posts/{post}/publish/", Role.AUTHOR)
    callers.call("POST", f"posts/{post}/comments/", Role.READER, json={"content": f"{MARK} {PHONE}"})
    callers.call("POST", "posts/", Role.AUTHOR, json={"title": callers.markers.new(), "content": callers.markers.new()})
    for path in ("posts/?limit=1", "posts/popular/", f"posts/{post}/comments/", "/notices/", "/notices/hours/"):
        callers.call("GET", path)
    callers.keep_ids(post_id=post)


def oddities(callers: Callers) -> None:
    new = callers.markers.new
    for path in ("/{}", "/notices/{}/", "/api/v1/{}/", "/static/{}.css", "/admin/{}/"):
        callers.call("GET", f"{path.format(new())}?{new()}={new()}")
    for name in ("Host", "Origin", "Cookie", "Referer", "User-Agent", "Range", "Accept", "Content-Type", "tracestate"):
        callers.call("GET", "patients/", Role.READER, headers={name: new()})
    callers.call("POST", "patients/", Role.CLERK, headers={"Content-Type": f"a/{new()}"}, content=b"x")
    json = {"Content-Type": "application/json"}
    callers.call("POST", "patients/", Role.CLERK, headers=json, content=f'{{"{new()}": '.encode())
    callers.call(new().upper(), "patients/", Role.READER)
    callers.call(new().upper(), "/")
