from django.contrib import admin

from adapters.django_orm.admin_site.actors import ActorAdmin
from adapters.django_orm.admin_site.view_only import ViewOnlyAdmin
from adapters.django_orm.upstreams.models import UpstreamOverride, UpstreamReport
from core.access import Permission


@admin.register(UpstreamOverride)
class UpstreamOverrideAdmin(ActorAdmin):
    permission = Permission.MANAGE_UPSTREAMS
    list_display = ["at", "upstream", "isolated", "actor", "request_id"]
    list_filter = ["isolated"]


@admin.register(UpstreamReport)
class UpstreamReportAdmin(ViewOnlyAdmin):
    permission = Permission.MANAGE_UPSTREAMS
    list_display = ["upstream", "process", "state", "calls", "failure_rate", "slow_rate", "p95_seconds", "reported_at"]
    list_filter = ["state"]
    search_fields = ["=process"]
    search_help_text = "A process, as shown in the list."
