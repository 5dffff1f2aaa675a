from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularSwaggerSplitView

from adapters.http_api import (
    accounts,
    changes,
    files,
    imports,
    patients,
    posts,
    service_accounts,
    sync_jobs,
    upstreams,
    users,
)
from adapters.http_api.schema_file import SchemaView

_swagger = csp_update({"style-src": [UNSAFE_INLINE], "img-src": ["data:"]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

urlpatterns = [
    path("v1/auth/token/", accounts.SignInView.as_view()),
    path("v1/auth/token/refresh/", accounts.RefreshView.as_view()),
    path("v1/auth/token/revoke/", accounts.RevokeView.as_view()),
    path("v1/users/me/", accounts.MeView.as_view()),
    path("v1/users/me/password/", accounts.OwnPasswordView.as_view()),
    path("v1/users/", users.UsersView.as_view()),
    path("v1/users/<uuid:user_id>/", users.UserView.as_view()),
    path("v1/users/<uuid:user_id>/password/", users.UserPasswordView.as_view()),
    path("v1/users/<uuid:user_id>/history/", users.UserHistoryView.as_view()),
    path("v1/service-accounts/", service_accounts.ServiceAccountsView.as_view()),
    path("v1/service-accounts/<uuid:account_id>/", service_accounts.ServiceAccountView.as_view()),
    path("v1/service-accounts/<uuid:account_id>/history/", service_accounts.ServiceAccountHistoryView.as_view()),
    path("v1/service-accounts/<uuid:account_id>/keys/", service_accounts.ServiceKeysView.as_view()),
    path("v1/service-accounts/<uuid:account_id>/keys/<uuid:key_id>/", service_accounts.ServiceKeyView.as_view()),
    path("v1/patients/", patients.PatientsView.as_view()),
    path("v1/patients/search/", patients.PatientSearchView.as_view()),
    path("v1/patients/export/", files.PatientExportView.as_view()),
    path("v1/patients/changes/", changes.PatientChangesView.as_view()),
    path("v1/patients/<uuid:patient_id>/", patients.PatientView.as_view()),
    path("v1/patients/<uuid:patient_id>/sync_external_data/", patients.PatientSyncView.as_view()),
    path("v1/patients/<uuid:patient_id>/history/", patients.PatientHistoryView.as_view()),
    path("v1/imports/", imports.ImportsView.as_view()),
    path("v1/imports/<uuid:import_id>/", imports.ImportView.as_view()),
    path("v1/imports/<uuid:import_id>/cancel/", imports.CancelImportView.as_view()),
    path("v1/imports/<uuid:import_id>/rejects/", imports.ImportRejectsView.as_view()),
    path("v1/sync-jobs/", sync_jobs.SyncJobsView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/", sync_jobs.SyncJobView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/cancel/", sync_jobs.CancelSyncJobView.as_view()),
    path("v1/sync-jobs/<uuid:job_id>/failures/", sync_jobs.SyncFailuresView.as_view()),
    path("v1/posts/", posts.PostsView.as_view()),
    path("v1/posts/popular/", posts.PopularPostsView.as_view()),
    path("v1/posts/<uuid:post_id>/", posts.PostView.as_view()),
    path("v1/posts/<uuid:post_id>/publish/", posts.PostPublishView.as_view()),
    path("v1/posts/<uuid:post_id>/comments/", posts.CommentsView.as_view()),
    path("v1/posts/<uuid:post_id>/comments/<uuid:comment_id>/", posts.CommentView.as_view()),
    path("v1/upstreams/", upstreams.UpstreamsView.as_view()),
    path("v1/upstreams/<str:name>/isolate/", upstreams.IsolateView.as_view()),
    path("v1/upstreams/<str:name>/close/", upstreams.CloseView.as_view()),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("docs/", _swagger),
]
