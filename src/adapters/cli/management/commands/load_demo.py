from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.demo_data import DEMO_ACCOUNTS, DEMO_PASSWORD, demo_patients
from adapters.cli.demo_notices import NOTICES, Notice
from adapters.cli.quiet import quiet
from core.access import Actor
from core.accounts.errors import UserEmailTaken
from core.accounts.use_cases import CreateUser
from core.patients.entities import Registration
from core.patients.search import Filters
from core.patients.use_cases import RegisterPatient, SearchPatients
from core.ports import Atomic
from core.posts.errors import SlugTaken
from core.posts.use_cases import PublishPost, WritePost


class Command(BaseCommand):
    help = "Adds demo accounts, patients and notices; what is already there stays as it is. Not in production."

    @inject
    def handle(
        self,
        *args: object,
        register_patient: Annotated[RegisterPatient, Provide["register_patient"]],
        search_patients: Annotated[SearchPatients, Provide["search_patients"]],
        create_user: Annotated[CreateUser, Provide["create_user"]],
        write_post: Annotated[WritePost, Provide["write_post"]],
        publish_post: Annotated[PublishPost, Provide["publish_post"]],
        atomic: Annotated[Atomic, Provide["atomic"]],
        **options: object,
    ) -> None:
        refuse_in_production()
        actor = Actor.system("load_demo")
        demo = demo_patients()

        def register_missing() -> int:
            missing = [one for key, one in demo.items() if not _is_there(search_patients, actor, key, one)]
            for patient in missing:
                register_patient(actor=actor, **patient)
            return len(missing)

        with quiet():
            accounts = sum(_added(create_user, actor, email) for email in DEMO_ACCOUNTS)
            patients = atomic(register_missing)
            notices = sum(_published(write_post, publish_post, notice) for notice in NOTICES)
        self.stdout.write(f"Demo patients: {_told(patients, len(demo))}.")
        self.stdout.write(f"Demo accounts: {_told(accounts, len(DEMO_ACCOUNTS))}.")
        self.stdout.write(f"Demo notices: {_told(notices, len(NOTICES))}.")


def refuse_in_production() -> None:
    if settings.DJANGO_ENV == "production":
        raise CommandError("The demo is refused in production: its accounts have a password that everybody knows.")


def _added(create_user: CreateUser, actor: Actor, email: str) -> bool:
    try:
        create_user(actor=actor, email=email, password=DEMO_PASSWORD, role=DEMO_ACCOUNTS[email])
    except UserEmailTaken:
        return False
    return True


def _is_there(search_patients: SearchPatients, actor: Actor, external_id: str, patient: Registration) -> bool:
    """Under whatever of the patient's own has not been changed since."""
    own = [Filters(external_id=external_id), Filters(email=patient["email"])]
    own += [Filters(identifier=identifier) for identifier in patient.get("identifiers", [])]
    return any(search_patients(actor=actor, **filters).patients for filters in own)


def _published(write_post: WritePost, publish_post: PublishPost, notice: Notice) -> bool:
    actor = Actor.system(f"load_demo as {notice.role}")
    try:
        post = write_post(actor=actor, title=notice.title, content=notice.content)
    except SlugTaken:
        return False
    if notice.published:
        publish_post(actor=actor, post_id=post.id)
    return True


def _told(added: int, of: int) -> str:
    there = of - added
    return f"{added} added" if not there else f"{added} added, {there} already there"
