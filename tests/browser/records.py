"""Records that the demo lacks: a pair of possible duplicates, a merge, ended jobs, a notice with a comment."""

import time

import httpx
from attrs import frozen

from adapters.cli.demo_data import DEMO_PASSWORD

_CSV = "first_name,last_name,date_of_birth\nIda,Noether,1982-03-23\nMax,Nobody,3000-01-01\n"


@frozen
class Records:
    """Ids, and where the registry and its upstream are."""

    home: str
    upstream: str
    patient: str
    twin: str
    pair: str
    merge: str
    post: str
    comment: str
    user: str
    session: str
    service_account: str
    service_key: str
    jobs: dict[str, str]


def add_records(home: str, upstream: str) -> Records:
    with httpx.Client(base_url=f"{home}/api/v1", trust_env=False, timeout=60) as api:
        token = api.post("/auth/token/", json={"email": "admin@clinic.example", "password": DEMO_PASSWORD}).json()
        api.headers["Authorization"] = f"Bearer {token['access']}"
        patient = create(api, "patients", **ADA, external_id="EHR-90001")
        twin = create(api, "patients", **ADA, override_reason="A twin.")
        pair = api.get("/duplicates/").raise_for_status().json()["results"][0]["id"]
        merged = create(api, "patients", **ADA, override_reason="Another twin.")
        merge = api.post(f"/patients/{patient}/merge/", json={"other": merged}).raise_for_status().json()["merge"]["id"]
        post = create(
            api, "posts", title="Shorter hours", content="## Hours\n\n| day | hours |\n| --- | --- |\n| 1 | 2 |"
        )
        api.post(f"/posts/{post}/publish/").raise_for_status()
        comment = create(api, f"posts/{post}/comments", content="Seen.")
        user = create(api, "users", email="new.reader@clinic.example", password=DEMO_PASSWORD, role="reader")
        session = sign_in(api, user)
        account = create(api, "service-accounts", name="lab-import", role="clerk")
        key = create(api, f"service-accounts/{account}/keys", name="december", networks=["192.0.2.0/24"])
        jobs = {
            "import": ended(api, "imports", api.post("/imports/", files={"file": ("ward.csv", _CSV)})),
            "sync": ended(api, "sync-jobs", api.post("/sync-jobs/", json={"status": "inactive"})),
        }
        jobs["undo"] = ended(api, "undo-jobs", api.post(f"/sync-jobs/{jobs['sync']}/undo/"))
    return Records(home, upstream, patient, twin, pair, merge, post, comment, user, session, account, key, jobs)


ADA = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "date_of_birth": "1985-12-10",
    "sex": "female",
    "phone": "+442079460321",
}


def create(api: httpx.Client, area: str, **body: object) -> str:
    return api.post(f"/{area}/", json=body).raise_for_status().json()["id"]


def sign_in(api: httpx.Client, user: str) -> str:
    """A session of the user who just got the demo's password."""
    email = api.get(f"/users/{user}/").raise_for_status().json()["email"]
    api.post("/auth/token/", json={"email": email, "password": DEMO_PASSWORD}).raise_for_status()
    return api.get(f"/users/{user}/sessions/").raise_for_status().json()["results"][0]["id"]


def ended(api: httpx.Client, kind: str, started: httpx.Response) -> str:
    job = started.raise_for_status().json()["id"]
    deadline = time.monotonic() + 30
    while api.get(f"/{kind}/{job}/").json()["state"] in {"queued", "running"}:
        assert time.monotonic() < deadline, f"The job of {kind} did not end."
        time.sleep(0.05)
    return job
