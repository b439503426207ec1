"""Files of forms on their way to disk."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class CappedUpload(TemporaryFileUploadHandler):
    """Of a request that is too large no file is kept, but its fields are: the form can tell what happened."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **options: Any) -> None:
        self._too_large = is_too_large(content_length)

    def new_file(self, *args: Any, **options: Any) -> None:
        if self._too_large:
            raise SkipFile
        super().new_file(*args, **options)


def is_too_large(content_length: int) -> bool:
    return content_length > settings.MAX_BODY_BYTES
