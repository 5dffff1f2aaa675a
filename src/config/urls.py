from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from adapters.telemetry import health, scrape
from adapters.web import notices, password_reset
from adapters.web.home import home

urlpatterns = [
    path("api/", include("adapters.http_api.urls")),
    path("fhir/", include("adapters.fhir_api.urls")),
    path("", home),
    re_path("^notices/?$", notices.notices),
    re_path("^notices/(?P<slug>[a-z0-9-]{1,80})/?$", notices.notice),
    path("reset-password", password_reset.reset_password),
    path("reset-password/", password_reset.reset_password, name="reset_password"),
    path("reset-password/done", password_reset.password_is_reset),
    path("reset-password/done/", password_reset.password_is_reset, name="password_is_reset"),
    path("console", RedirectView.as_view(url="/console/")),
    path("console/", include("adapters.web.console.urls")),
    path("admin/", admin.site.urls),
    re_path("^health/live/?$", health.live),
    re_path("^health/ready/?$", health.ready),
    re_path("^metrics/?$", scrape.metrics),
]

handler400 = "adapters.http_api.rest.errors.bad_request"
handler403 = "adapters.http_api.rest.errors.forbidden"
handler404 = "adapters.http_api.rest.errors.not_found"
handler500 = "adapters.http_api.rest.errors.server_error"
