"""What lists of contacts are filtered by."""

from contacts.models import Contact
from linkmgr.api.rest.filters import Filters, lookups


class ContactFilters(Filters):
    class Meta(Filters.Meta):
        model = Contact
        fields = lookups(Contact)
