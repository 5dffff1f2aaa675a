"""The registry's tables, as a plain application would declare them."""

from uuid import uuid4

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
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    first_name = models.CharField(max_length=100, null=True, blank=True)
    last_name = models.CharField(max_length=100, null=True, blank=True)
    middle_name = models.CharField(max_length=100, null=True, blank=True)
    prefix = models.CharField(max_length=100, null=True, blank=True)
    suffix = models.CharField(max_length=100, null=True, blank=True)
    other_names = models.JSONField(default=list)
    email = models.EmailField(null=True, blank=True)
    email_shared = models.BooleanField(default=False)
    phone = models.CharField(max_length=30, null=True, blank=True)
    other_phones = models.JSONField(default=list)
    addresses = models.JSONField(default=list)
    contacts = models.JSONField(default=list)
    identifiers = models.JSONField(default=list)
    date_of_birth = models.CharField(max_length=10)
    date_of_birth_estimated = models.BooleanField(default=False)
    deceased = models.CharField(max_length=10, default="false")
    sex = models.CharField(max_length=10, default="unknown")
    language = models.CharField(max_length=35, null=True, blank=True)
    status = models.CharField(max_length=10, default="active")
    external_id = models.CharField(max_length=64, null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    last_synced_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        managed = False
        db_table = "patients_patient"
