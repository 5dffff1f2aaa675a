from core.errors import Conflict, NotFound


class PostNotFound(NotFound):
    """Raised also for a draft that the actor may not see."""

    kind = "post-not-found"
    message = "There is no post with this id."


class CommentNotFound(NotFound):
    kind = "comment-not-found"
    message = "There is no comment with this id on this post."


class SlugTaken(Conflict):
    kind = "slug-taken"
    message = "Another post has this title or a title with the same address. Choose another title."


class AlreadyPublished(Conflict):
    kind = "already-published"
    message = "The post is already published."


class PostNotPublished(Conflict):
    kind = "post-not-published"
    message = "The post is a draft. Publish it first."
