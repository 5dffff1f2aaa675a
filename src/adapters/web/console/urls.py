from django.urls import path

from adapters.web.console import choose_language, sign_in
from adapters.web.console.accounts import (
    own_account,
    service_account_forms,
    service_accounts,
    service_keys,
    user_forms,
    user_orders,
    user_sessions,
    users,
)
from adapters.web.console.audit import audit
from adapters.web.console.imports import correct, options, rejects, upload
from adapters.web.console.jobs import failures, jobs
from adapters.web.console.jobs import orders as job_orders
from adapters.web.console.jobs import start_sync
from adapters.web.console.matching import merge, merges, pair, queue
from adapters.web.console.notices import comments
from adapters.web.console.notices import form as notice_form
from adapters.web.console.notices import notices
from adapters.web.console.notices import orders as notice_orders
from adapters.web.console.overview import overview
from adapters.web.console.patients import edit, find, history, patient, register, status, sync
from adapters.web.console.upstreams import upstreams

app_name = "console"
_SERVICE = "service-accounts/<uuid:account_id>/"
urlpatterns = [
    path("", find.find, name="find"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("preferences/", choose_language.preferences, name="preferences"),
    path("account/", own_account.account, name="account"),
    path("account/password/", own_account.password, name="password"),
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
    path("overview/", overview.overview, name="overview"),
    path("import/", upload.import_file, name="import"),
    path("import/<uuid:upload_id>/", options.import_options, name="import_options"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/sync/start/", start_sync.start_sync, name="start_sync"),
    path("jobs/import/<uuid:job_id>/rejects/", rejects.rejects, name="rejects"),
    path("jobs/import/<uuid:job_id>/rejects/file/", rejects.rejects_file, name="rejects_file"),
    path("jobs/import/<uuid:job_id>/rejects/correct/", correct.correct_rejects, name="correct_rejects"),
    path("jobs/<slug:kind>/", jobs.jobs, name="jobs_of"),
    path("jobs/<slug:kind>/<uuid:job_id>/", jobs.job, name="job"),
    path("jobs/<slug:kind>/<uuid:job_id>/failures/", failures.failures, name="failures"),
    path("jobs/<slug:kind>/<uuid:job_id>/<slug:order>/", job_orders.order_job, name="order_job"),
    path("notices/", notices.notices, name="notices"),
    path("notices/popular/", notices.popular, name="popular_notices"),
    path("notices/drafts/", notices.drafts, name="drafts"),
    path("notices/write/", notice_form.write, name="write_notice"),
    path("notices/<uuid:post_id>/", notices.notice, name="notice"),
    path("notices/<uuid:post_id>/edit/", notice_form.edit, name="edit_notice"),
    path("notices/<uuid:post_id>/publish/", notice_orders.publish, name="publish_notice"),
    path("notices/<uuid:post_id>/delete/", notice_orders.delete, name="delete_notice"),
    path("notices/<uuid:post_id>/comments/", comments.comment, name="comment"),
    path("notices/<uuid:post_id>/comments/<uuid:comment_id>/remove/", comments.remove, name="remove_comment"),
    path("users/", users.users, name="users"),
    path("users/new/", user_forms.new_user, name="new_user"),
    path("users/<uuid:user_id>/", users.user, name="user"),
    path("users/<uuid:user_id>/role/", user_forms.change_role, name="user_role"),
    path("users/<uuid:user_id>/disable/", user_orders.disable_user, name="disable_user"),
    path("users/<uuid:user_id>/enable/", user_orders.enable_user, name="enable_user"),
    path("users/<uuid:user_id>/reset/", user_orders.reset_password, name="reset_user_password"),
    path("users/<uuid:user_id>/sessions/", user_sessions.user_sessions, name="user_sessions"),
    path("users/<uuid:user_id>/sessions/end/", user_sessions.end_user_sessions, name="end_user_sessions"),
    path(
        "users/<uuid:user_id>/sessions/<uuid:session_id>/end/", user_sessions.end_user_session, name="end_user_session"
    ),
    path("service-accounts/", service_accounts.service_accounts, name="service_accounts"),
    path("service-accounts/new/", service_account_forms.new_service_account, name="new_service_account"),
    path(_SERVICE, service_accounts.service_account, name="service_account"),
    path(f"{_SERVICE}role/", service_account_forms.change_service_role, name="service_role"),
    path(f"{_SERVICE}disable/", service_accounts.disable_service_account, name="disable_service_account"),
    path(f"{_SERVICE}enable/", service_accounts.enable_service_account, name="enable_service_account"),
    path(f"{_SERVICE}keys/new/", service_keys.new_service_key, name="new_service_key"),
    path(f"{_SERVICE}keys/<uuid:key_id>/", service_keys.service_key, name="service_key"),
    path(f"{_SERVICE}keys/<uuid:key_id>/revoke/", service_keys.revoke_service_key, name="revoke_service_key"),
    path("audit/", audit.audit, name="audit"),
    path("audit/accesses/", audit.audit_accesses, name="audit_accesses"),
    path("upstreams/", upstreams.upstreams, name="upstreams"),
    path("upstreams/<slug:name>/<slug:order>/", upstreams.order_upstream, name="order_upstream"),
]
