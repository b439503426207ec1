"""What the web server loads of the peers written with Django."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
