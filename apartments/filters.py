"""What lists of apartments are filtered by."""

from apartments.models import Apartment, ApartmentState
from linkmgr.api.rest.filters import NUMBER, Filters, WholeNumberFilter, WholeNumbersFilter, lookups


class ApartmentFilters(Filters):
    state_id = WholeNumberFilter()
    state_id__in = WholeNumbersFilter(field_name="state_id", lookup_expr="in")

    class Meta(Filters.Meta):
        model = Apartment
        fields = lookups(Apartment)


class StateFilters(Filters):
    class Meta(Filters.Meta):
        model = ApartmentState
        fields = {"id": NUMBER, **lookups(ApartmentState)}
