from django.apps import AppConfig


class TimeProfilesConfig(AppConfig):
    name = "timeprofiles"
    verbose_name = "Time profiles"
