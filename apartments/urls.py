from django.urls import path

from apartments.views import ApartmentItems

urlpatterns = [path("api/v1/apartment/items/link", ApartmentItems.as_view(), name="apartment-items-link")]
