from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "linkmgr.accounts"
    label = "accounts"
    verbose_name = "Sites and accounts"
