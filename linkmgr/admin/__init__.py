"""The admin of the kinds: what operators see and edit of apartments, time profiles and contacts.

It enters the flow at a form and joins at the log: a save is signed as any other write (design.md §3).
"""

from django.contrib import admin

from linkmgr.admin.forms import LinkedForm
from linkmgr.admin.linked import LinkedAdmin

__all__ = ["LinkedAdmin", "LinkedForm"]

admin.site.site_header = admin.site.site_title = "linkmgr"
admin.site.index_title = "Overview"
admin.site.site_url = None
