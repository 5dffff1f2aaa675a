from django.urls import path

from adapters.web.console import (
    account,
    edit,
    find,
    history,
    merge,
    merges,
    pair,
    patient,
    queue,
    register,
    sign_in,
    status,
    sync,
)

app_name = "console"
urlpatterns = [
    path("", find.find, name="find"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password"),
    path("register/", register.register, name="register"),
    path("register/candidates/", register.candidates, name="candidates"),
    path("patients/<uuid:patient_id>/", patient.patient, name="patient"),
    path("patients/<uuid:patient_id>/edit/", edit.edit, name="edit"),
    path("patients/<uuid:patient_id>/history/", history.history, name="history"),
    path("patients/<uuid:patient_id>/duplicates/", patient.duplicates, name="duplicates"),
    path("patients/<uuid:patient_id>/accesses/", patient.accesses, name="accesses"),
    path("patients/<uuid:patient_id>/status/<slug:status>/", status.set_status, name="status"),
    path("patients/<uuid:patient_id>/sync/", sync.sync, name="sync"),
    path("patients/<uuid:patient_id>/merge/<uuid:other_id>/", merge.merge, name="merge"),
    path("patients/<uuid:patient_id>/merges/", merges.merges, name="merges"),
    path("patients/<uuid:patient_id>/merges/<uuid:merge_id>/undo/", merges.undo, name="undo"),
    path("duplicates/", queue.queue, name="queue"),
    path("duplicates/<uuid:pair_id>/", pair.pair, name="pair"),
]
