"""The registry's tables, as a plain application would declare them."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import models


class Account(AbstractBaseUser):
    id = models.UUIDField(primary_key=True)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField()
    role = models.CharField(max_length=20)
    USERNAME_FIELD = "email"

    class Meta:  # type: ignore[override]  # the stubs declare another Meta
        managed = False
        db_table = "accounts_user"


class Patient(models.Model):
    id = models.UUIDField(primary_key=True)
    first_name = models.CharField(max_length=100, null=True)
    last_name = models.CharField(max_length=100, null=True)
    middle_name = models.CharField(max_length=100, null=True)
    prefix = models.CharField(max_length=100, null=True)
    suffix = models.CharField(max_length=100, null=True)
    other_names = models.JSONField()
    email = models.EmailField(null=True)
    email_shared = models.BooleanField()
    phone = models.CharField(max_length=30, null=True)
    other_phones = models.JSONField()
    addresses = models.JSONField()
    contacts = models.JSONField()
    identifiers = models.JSONField()
    date_of_birth = models.CharField(max_length=10)
    date_of_birth_estimated = models.BooleanField()
    deceased = models.CharField(max_length=10)
    sex = models.CharField(max_length=10)
    language = models.CharField(max_length=35, null=True)
    status = models.CharField(max_length=10)
    external_id = models.CharField(max_length=64, null=True)
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    last_synced_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "patients_patient"
