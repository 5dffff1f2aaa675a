from core.errors import Conflict, NotFound


class PostNotFound(NotFound):
    """Also for a draft, to whoever may not see it."""

    kind = "post-not-found"
    message = "There is no post with this id."


class CommentNotFound(NotFound):
    kind = "comment-not-found"
    message = "There is no comment with this id on this post."


class SlugTaken(Conflict):
    kind = "slug-taken"
    message = "Another post has this title, or one that reads the same in its address. Choose another title."


class AlreadyPublished(Conflict):
    kind = "already-published"
    message = "The post is published already."


class PostNotPublished(Conflict):
    kind = "post-not-published"
    message = "The post is a draft. Publish it first."
