from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.demo_data import DEMO_ACCOUNTS, DEMO_PASSWORD, demo_patients
from adapters.cli.demo_notices import NOTICES, Notice
from adapters.cli.quiet import quiet
from core.access import Actor
from core.accounts.use_cases import CreateUser, ListUsers
from core.patients.fields import Registration
from core.patients.search import Filters
from core.patients.use_cases import RegisterPatient, SearchPatients
from core.patients.values import Identifier
from core.ports import Atomic
from core.posts.errors import SlugTaken
from core.posts.use_cases import PublishPost, WritePost


class Command(BaseCommand):
    help = "Adds demo accounts, patients and notices that do not exist yet. Refused in production."

    @inject
    def handle(
        self,
        *args: object,
        register_patient: Annotated[RegisterPatient, Provide["register_patient"]],
        search_patients: Annotated[SearchPatients, Provide["search_patients"]],
        list_users: Annotated[ListUsers, Provide["list_users"]],
        create_user: Annotated[CreateUser, Provide["create_user"]],
        write_post: Annotated[WritePost, Provide["write_post"]],
        publish_post: Annotated[PublishPost, Provide["publish_post"]],
        atomic: Annotated[Atomic, Provide["atomic"]],
        **options: object,
    ) -> None:
        ensure_not_production()
        actor = Actor.system("load_demo")
        demo = demo_patients()

        def register_missing() -> int:
            is_empty = not search_patients(actor=actor, limit=1).patients
            missing = [
                patient
                for external_id, patient in demo.items()
                if is_empty or not _exists(search_patients, actor, external_id, patient)
            ]
            for patient in missing:
                register_patient(actor=actor, override_reason="Demo data.", **patient)
            return len(missing)

        with quiet():
            missing_accounts = [email for email in DEMO_ACCOUNTS if not list_users(actor=actor, email=email).items]
            for email in missing_accounts:
                create_user(actor=actor, email=email, password=DEMO_PASSWORD, role=DEMO_ACCOUNTS[email])
            patients = atomic(register_missing)
            notices = sum(_publish(write_post, publish_post, notice) for notice in NOTICES)
        self.stdout.write(f"Demo patients: {_summary(patients, len(demo))}.")
        self.stdout.write(f"Demo accounts: {_summary(len(missing_accounts), len(DEMO_ACCOUNTS))}.")
        self.stdout.write(f"Demo notices: {_summary(notices, len(NOTICES))}.")


def ensure_not_production() -> None:
    if settings.DJANGO_ENV == "production":
        raise CommandError("The demo is refused in production: the password of its accounts is public.")


def _exists(search_patients: SearchPatients, actor: Actor, external_id: str, patient: Registration) -> bool:
    """Searches by every unique value, because a user may have changed some of them."""
    searches = [Filters(external_id=external_id), Filters(email=str(patient.get("email")))]
    searches += [
        Filters(identifier=identifier)
        for identifier in patient.get("identifiers", [])
        if isinstance(identifier, Identifier)
    ]
    return any(search_patients(actor=actor, **filters).patients for filters in searches)


def _publish(write_post: WritePost, publish_post: PublishPost, notice: Notice) -> bool:
    actor = Actor.system(f"load_demo as {notice.role}")
    try:
        post = write_post(actor=actor, title=notice.title, content=notice.content)
    except SlugTaken:
        return False
    if notice.published:
        publish_post(actor=actor, post_id=post.id)
    return True


def _summary(added: int, total: int) -> str:
    existing = total - added
    return f"{added} added, {existing} already exist" if existing else f"{added} added"
