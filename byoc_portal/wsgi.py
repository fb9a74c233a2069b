"""What a WSGI server calls."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "byoc_portal.settings")

application = get_wsgi_application()
# Commands may do without a secret key, a server may not: without one this raises, before anybody can connect.
_ = settings.SECRET_KEY
