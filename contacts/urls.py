from django.urls import path

from contacts.views import ContactBulk, ContactItemsV0, ContactItemsV1, ContactMembers
from linkmgr.api.rest.routes import collection

urlpatterns = [
    path("api/v0/contact/items/link", ContactItemsV0.as_view(), name="contact-items-link-v0"),
    path("api/v1/contact/items/link", ContactItemsV1.as_view(), name="contact-items-link-v1"),
    *collection("contacts", ContactMembers, bulk=ContactBulk),
]
