"""The whole registry in memory, with the same rules: no Django, no database, no server.

PYTHONPATH=src .venv/bin/python examples/in_memory_registry.py
"""

from bootstrap import in_memory_registry
from core.access import Actor
from core.errors import ValidationError, VersionMismatch

registry = in_memory_registry()
register = registry.register_patient()
update = registry.update_patient()
actor = Actor.system("example")

ana = register(
    actor=actor,
    first_name="Ana Clara",
    last_name="Gonçalves",
    email="ana.clara@mail.example",
    phone="+55 11 90012-3456",
    date_of_birth="1991-07-02",
)
register(
    actor=actor,
    first_name="Aoife",
    last_name="O'Brien",
    email="aoife@mail.example",
    date_of_birth="1984-11-30",
    sex="female",
)
register(actor=actor, first_name="花子", last_name="佐藤", email="hanako@mail.example", date_of_birth="2003-01-19")

print("Found by 'goncalves ana':")
for patient in registry.search_patients()(actor=actor, q="goncalves ana").patients:
    print(f"  {patient.full_name}, {patient.phone}, version {patient.version}")

print("\nRegistered with two mistakes:")
try:
    register(actor=actor, first_name=" ", last_name="Nobody", email="nobody@mail.example", date_of_birth="2999-01-01")
except ValidationError as invalid:
    for error in invalid.errors:
        print(f"  {error.field}: {error.message}")

print("\nEdited twice by people who both saw version 1:")
edited = update(actor=actor, patient_id=ana.id, expected_version=ana.version, last_name="Gonçalves da Silva")
print(f"  the first: {edited.full_name}, now version {edited.version}")
try:
    update(actor=actor, patient_id=ana.id, expected_version=ana.version, phone="+55 11 90065-4321")
except VersionMismatch as conflict:
    print(f"  the second: {conflict}")

print("\nHistory:")
for event in registry.view_history()(actor=actor, patient_id=ana.id).events:
    print(f"  version {event.version}: {event.action} by {event.actor}, {', '.join(event.fields)}")
