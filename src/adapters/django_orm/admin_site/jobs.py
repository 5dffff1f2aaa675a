from django.contrib import admin
from django.urls import reverse

from adapters.django_orm.admin_site.actors import ActorAdmin
from adapters.django_orm.jobs.models import Job
from core.access import Permission
from core.jobs.entities import JobKind


@admin.register(Job)
class JobAdmin(ActorAdmin):
    permission = Permission.MANAGE_JOBS
    list_display = ["created_at", "kind", "state", "total", "counts", "ended_at", "actor"]
    list_filter = ["kind", "state"]

    def links(self, object_id: str) -> dict[str, str]:
        if not Job.objects.filter(id=object_id, kind=JobKind.SYNC).exists():
            return {}
        return {"Results": f"{reverse('admin:sync_syncjobresult_changelist')}?job={object_id}"}
