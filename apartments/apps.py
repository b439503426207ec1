from django.apps import AppConfig


class ApartmentsConfig(AppConfig):
    name = "apartments"
    verbose_name = "Apartments"
