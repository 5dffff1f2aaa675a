from dependency_injector.wiring import Provide, inject
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from adapters.django_orm.admin_site.pages import actor_of
from adapters.django_orm.admin_site.view_only import ViewOnlyAdmin
from adapters.django_orm.posts import models
from core.access import Permission
from core.posts.use_cases import PublishPost, RemoveComment


@admin.register(models.Post)
class PostAdmin(ViewOnlyAdmin):
    permission = Permission.EDIT_POSTS
    list_display = ["title", "author", "published_at", "view_count", "comment_count", "updated_at"]
    list_filter = [("publication", admin.EmptyFieldListFilter)]
    search_fields = ["title", "slug"]
    exclude = ["publication"]
    actions = ["publish"]

    def links(self, object_id: str) -> dict[str, str]:
        return {"Comments": f"{reverse('admin:posts_comment_changelist')}?post={object_id}"}

    @admin.action(description="Publish")
    @inject
    def publish(
        self,
        request: HttpRequest,
        queryset: QuerySet[models.Post],
        publish_post: PublishPost = Provide["publish_post"],
    ) -> None:
        def work(post: models.Post) -> str:
            publish_post(actor=actor_of(request), post_id=post.id)
            return "published"

        self.for_each(request, queryset, work)


@admin.register(models.Comment)
class CommentAdmin(ViewOnlyAdmin):
    permission = Permission.EDIT_POSTS
    list_display = ["created_at", "post", "author", "content"]
    extra_lookups = ["post"]
    list_select_related = ["post"]
    search_fields = ["content", "author"]
    actions = ["remove"]

    @admin.action(description="Remove")
    @inject
    def remove(
        self,
        request: HttpRequest,
        queryset: QuerySet[models.Comment],
        remove_comment: RemoveComment = Provide["remove_comment"],
    ) -> None:
        def work(comment: models.Comment) -> str:
            remove_comment(actor=actor_of(request), post_id=comment.post_id, comment_id=comment.id)
            return "removed"

        self.for_each(request, queryset, work)
