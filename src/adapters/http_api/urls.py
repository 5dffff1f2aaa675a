from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularSwaggerSplitView

from adapters.http_api.accounts import password_resets, service_accounts, sessions, user_sessions, users
from adapters.http_api.audit import views as audit
from adapters.http_api.imports import views as imports
from adapters.http_api.matching import duplicates, match, merges, scans
from adapters.http_api.patients import change_feed, export, history, search, swap
from adapters.http_api.patients import views as patients
from adapters.http_api.posts import comments
from adapters.http_api.posts import views as posts
from adapters.http_api.rest.openapi_file import SchemaView
from adapters.http_api.subject_access import views as subject_access
from adapters.http_api.sync import jobs as sync_jobs
from adapters.http_api.sync import views as sync
from adapters.http_api.undo import views as undo
from adapters.http_api.upstreams import views as upstreams

_swagger = csp_update({"style-src": [UNSAFE_INLINE], "img-src": ["data:"]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

urlpatterns = [
    path("v1/patients/", patients.PatientsView.as_view()),
    path("v1/patients/search/", search.PatientSearchView.as_view()),
    path("v1/patients/match/", match.PatientMatchView.as_view()),
    path("v1/patients/export/", export.PatientExportView.as_view()),
    path("v1/patients/changes/", change_feed.PatientChangesView.as_view()),
    path("v1/patients/<uuid:patient_id>/", patients.PatientView.as_view()),
    path("v1/patients/<uuid:patient_id>/sync_external_data/", sync.PatientSyncView.as_view()),
    path("v1/patients/<uuid:patient_id>/history/", history.PatientHistoryView.as_view()),
    path("v1/patients/<uuid:patient_id>/subject-access/", subject_access.SubjectAccessView.as_view()),
    path("v1/patients/<uuid:patient_id>/swap/", swap.SwapView.as_view()),
    path("v1/patients/<uuid:patient_id>/merge/", merges.MergePatientsView.as_view()),
    path("v1/patients/<uuid:patient_id>/merges/", merges.PatientMergesView.as_view()),
    path("v1/auth/token/", sessions.SignInView.as_view()),
    path("v1/auth/token/refresh/", sessions.RefreshView.as_view()),
    path("v1/auth/token/revoke/", sessions.RevokeView.as_view()),
    path("v1/auth/password-reset/", password_resets.ResetPasswordView.as_view()),
    path("v1/auth/sessions/", sessions.OwnSessionsView.as_view()),
    path("v1/auth/sessions/<uuid:session_id>/", sessions.OwnSessionView.as_view()),
    path("v1/users/me/", sessions.MeView.as_view()),
    path("v1/users/me/password/", sessions.OwnPasswordView.as_view()),
    path("v1/users/", users.UsersView.as_view()),
    path("v1/users/<uuid:user_id>/", users.UserView.as_view()),
    path("v1/users/<uuid:user_id>/password/", users.UserPasswordView.as_view()),
    path("v1/users/<uuid:user_id>/password-reset/", password_resets.PasswordResetView.as_view()),
    path("v1/users/<uuid:user_id>/sessions/", user_sessions.UserSessionsView.as_view()),
    path("v1/users/<uuid:user_id>/sessions/<uuid:session_id>/", user_sessions.UserSessionView.as_view()),
    path("v1/users/<uuid:user_id>/history/", users.UserHistoryView.as_view()),
    path("v1/service-accounts/", service_accounts.ServiceAccountsView.as_view()),
    path("v1/service-accounts/<uuid:account_id>/", service_accounts.ServiceAccountView.as_view()),
    path("v1/service-accounts/<uuid:account_id>/history/", service_accounts.ServiceAccountHistoryView.as_view()),
    path("v1/service-accounts/<uuid:account_id>/keys/", service_accounts.ServiceKeysView.as_view()),
    path("v1/service-accounts/<uuid:account_id>/keys/<uuid:key_id>/", service_accounts.ServiceKeyView.as_view()),
    path("v1/merges/<uuid:merge_id>/undo/", merges.UndoMergeView.as_view()),
    path("v1/duplicates/", duplicates.DuplicatesView.as_view()),
    path("v1/duplicates/<uuid:pair_id>/decide/", duplicates.DecideDuplicateView.as_view()),
    path("v1/duplicate-scans/", scans.DuplicateScansView.as_view()),
    path("v1/duplicate-scans/<uuid:scan_id>/", scans.DuplicateScanView.as_view()),
    path("v1/duplicate-scans/<uuid:scan_id>/cancel/", scans.CancelDuplicateScanView.as_view()),
    path("v1/imports/", imports.ImportsView.as_view()),
    path("v1/imports/<uuid:import_id>/", imports.ImportView.as_view()),
    path("v1/imports/<uuid:import_id>/cancel/", imports.CancelImportView.as_view()),
    path("v1/imports/<uuid:import_id>/rejects/", imports.ImportRejectsView.as_view()),
    path("v1/sync-jobs/", sync_jobs.SyncJobsView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/", sync_jobs.SyncJobView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/cancel/", sync_jobs.CancelSyncJobView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/confirm/", sync_jobs.ConfirmSyncJobView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/undo/", undo.UndoSyncJobView.as_view()),
    path("v1/imports/<uuid:import_id>/undo/", undo.UndoImportView.as_view()),
    path("v1/undo-jobs/", undo.UndoJobsView.as_view()),
    path("v1/undo-jobs/<uuid:undo_id>/", undo.UndoJobView.as_view()),
    path("v1/undo-jobs/<uuid:undo_id>/cancel/", undo.CancelUndoJobView.as_view()),
    path("v1/undo-jobs/<uuid:undo_id>/failures/", undo.UndoFailuresView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/held-changes/", sync_jobs.HeldChangesView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/failures/", sync_jobs.SyncFailuresView.as_view()),
    path("v1/audit/", audit.AuditView.as_view()),
    path("v1/audit/changes/", audit.ChangesView.as_view()),
    path("v1/posts/", posts.PostsView.as_view()),
    path("v1/posts/popular/", posts.PopularPostsView.as_view()),
    path("v1/posts/<uuid:post_id>/", posts.PostView.as_view()),
    path("v1/posts/<uuid:post_id>/publish/", posts.PostPublishView.as_view()),
    path("v1/posts/<uuid:post_id>/comments/", comments.CommentsView.as_view()),
    path("v1/posts/<uuid:post_id>/comments/<uuid:comment_id>/", comments.CommentView.as_view()),
    path("v1/upstreams/", upstreams.UpstreamsView.as_view()),
    path("v1/upstreams/<str:name>/isolate/", upstreams.IsolateView.as_view()),
    path("v1/upstreams/<str:name>/close/", upstreams.CloseView.as_view()),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("docs/", _swagger),
]
