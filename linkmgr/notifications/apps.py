from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "linkmgr.notifications"
    label = "notifications"
    verbose_name = "Notifications"
