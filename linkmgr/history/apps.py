from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "linkmgr.history"
    label = "history"
    verbose_name = "History"
