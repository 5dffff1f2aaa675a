from core.errors import NotFound


class UploadNotFound(NotFound):
    kind = "upload-not-found"
    message = "The registry does not keep this file any more. Send it again."
