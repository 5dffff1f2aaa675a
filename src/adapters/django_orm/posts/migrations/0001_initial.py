import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=200)),
                ("slug", models.CharField(max_length=80)),
                ("author", models.TextField()),
                ("content", models.TextField()),
                ("publication", models.UUIDField(null=True)),
                ("published_at", models.DateTimeField(null=True)),
                ("view_count", models.PositiveBigIntegerField()),
                ("comment_count", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("publication__isnull", False)),
                        fields=["-view_count", "-id"],
                        name="posts_by_views",
                    ),
                    models.Index(condition=models.Q(("publication", None)), fields=["-id"], name="posts_drafts"),
                    models.Index(
                        condition=models.Q(("publication", None)),
                        fields=["author", "-id"],
                        name="posts_drafts_by_author",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("slug",), name="posts_slug_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("publication__isnull", False)),
                        fields=("publication",),
                        name="posts_publication_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("publication", None), ("published_at", None)),
                            models.Q(("publication__isnull", False), ("published_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="posts_published_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="posts_version_counts_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title__length__gte", 1), ("title__length__lte", 200)),
                        name="posts_post_title_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slug__length__gte", 1), ("slug__length__lte", 80)),
                        name="posts_post_slug_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("content__length__gte", 1), ("content__length__lte", 20000)),
                        name="posts_post_content_length",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "post",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="posts.post",
                    ),
                ),
                ("author", models.TextField()),
                ("content", models.TextField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["post", "-id"], name="posts_comments_of_post")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("content__length__gte", 1), ("content__length__lte", 2000)),
                        name="posts_comment_content_length",
                    )
                ],
            },
        ),
    ]
