from django.apps import AppConfig


class LinkmgrConfig(AppConfig):
    name = "linkmgr"
    verbose_name = "linkmgr"

    def ready(self) -> None:
        from linkmgr import checks  # noqa: F401 registers the system checks
