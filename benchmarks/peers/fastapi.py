"""FastAPI with SQLAlchemy's asynchronous ORM on psycopg, and a bearer token that is checked with PyJWT."""

import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.peers.asgi import wsgi

engine = create_async_engine(make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg"))
sessions = async_sessionmaker(engine, expire_on_commit=False)
api = FastAPI()
app = wsgi(api)


class Base(DeclarativeBase):
    type_annotation_map = {list[Any]: JSONB}


class Account(Base):
    __tablename__ = "accounts_user"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    is_active: Mapped[bool]


def now() -> datetime:
    return datetime.now(UTC)


class Patient(Base):
    __tablename__ = "patients_patient"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    first_name: Mapped[str | None]
    middle_name: Mapped[str | None]
    last_name: Mapped[str | None]
    prefix: Mapped[str | None]
    suffix: Mapped[str | None]
    other_names: Mapped[list[Any]] = mapped_column(default=list)
    email: Mapped[str | None]
    email_shared: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str | None]
    other_phones: Mapped[list[Any]] = mapped_column(default=list)
    date_of_birth: Mapped[str]
    date_of_birth_estimated: Mapped[bool] = mapped_column(default=False)
    deceased: Mapped[str] = mapped_column(default="false")
    sex: Mapped[str] = mapped_column(default="unknown")
    language: Mapped[str | None]
    addresses: Mapped[list[Any]] = mapped_column(default=list)
    contacts: Mapped[list[Any]] = mapped_column(default=list)
    identifiers: Mapped[list[Any]] = mapped_column(default=list)
    external_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="active")
    version: Mapped[int] = mapped_column(default=1)
    last_synced_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Registration(BaseModel):
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    date_of_birth: str


class Change(BaseModel):
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    date_of_birth: str = ""


class PatientOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    prefix: str | None
    suffix: str | None
    other_names: list[dict[str, Any]]
    email: str | None
    email_shared: bool
    phone: str | None
    other_phones: list[dict[str, Any]]
    date_of_birth: str
    date_of_birth_estimated: bool
    deceased: str
    sex: str
    language: str | None
    addresses: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    external_id: str | None
    status: str
    version: int
    last_synced_at: datetime | None
    created_at: datetime
    updated_at: datetime


async def session() -> AsyncGenerator[AsyncSession]:
    async with sessions() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


async def signed_in(
    session: Session, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> Account:
    claims = jwt.decode(credentials.credentials, os.environ["SECRET_KEY"], ["HS256"])
    account = await session.get(Account, UUID(claims["user_id"]))
    if account is None or not account.is_active:
        raise HTTPException(401)
    return account


User = Annotated[Account, Depends(signed_in)]


async def found(session: AsyncSession, patient_id: UUID) -> Patient:
    patient = await session.get(Patient, patient_id)
    if patient is None:
        raise HTTPException(404)
    return patient


@api.get("/patients/{patient_id}/", response_model=PatientOut)
async def view(patient_id: UUID, session: Session, user: User) -> Patient:
    return await found(session, patient_id)


@api.get("/patients/", response_model=list[PatientOut])
async def one_page(session: Session, user: User, page: int = 1, sex: str | None = None) -> list[Patient]:
    rows = select(Patient).order_by(Patient.id.desc()).limit(100).offset(100 * (page - 1))
    if sex is not None:
        rows = rows.where(Patient.sex == sex)
    return list(await session.scalars(rows))


@api.post("/patients/", response_model=PatientOut, status_code=201)
async def register(body: Registration, session: Session, user: User) -> Patient:
    patient = Patient(**body.model_dump())
    session.add(patient)
    await session.commit()
    return patient


@api.patch("/patients/{patient_id}/", response_model=PatientOut)
async def change(patient_id: UUID, body: Change, session: Session, user: User) -> Patient:
    patient = await found(session, patient_id)
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(patient, name, value)
    await session.commit()
    return patient
