"""The use cases of posts and comments."""

from core.posts.use_cases.comment import AddComment, ListComments, RemoveComment
from core.posts.use_cases.read import ListDrafts, ListPosts, PopularPosts, ReadPost, ViewPost
from core.posts.use_cases.write import DeletePost, EditPost, PublishPost, WritePost

__all__ = [
    "AddComment",
    "DeletePost",
    "EditPost",
    "ListComments",
    "ListDrafts",
    "ListPosts",
    "PopularPosts",
    "PublishPost",
    "ReadPost",
    "RemoveComment",
    "ViewPost",
    "WritePost",
]
