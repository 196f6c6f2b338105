"""django-helpdesk as its own documentation sets it up, for ``bench.others``; its own Python runs it.

``POST /mail`` hands an e-mail to helpdesk's own intake, as its ``get_email`` command does.
``python helpdesk_site.py fill N`` makes the tables, a log-in and ``N`` tickets.
"""

import logging
import os
import sys

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

HOME = os.environ["PEER_HOME"]
settings.configure(
    SECRET_KEY="bench",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SITE_ID=1,
    # Teams are another package's; its documentation's way to go without.
    HELPDESK_TEAMS_MODEL="auth.User",
    HELPDESK_TEAMS_MIGRATION_DEPENDENCIES=[],
    HELPDESK_KBITEM_TEAM_GETTER=lambda _: None,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{HOME}/helpdesk.sqlite3",
            "OPTIONS": {"timeout": 30},
        }
    },
    MEDIA_ROOT=f"{HOME}/media",
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    LOGIN_URL="helpdesk:login",
    LOGIN_REDIRECT_URL="helpdesk:home",
    STATIC_URL="/static/",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.sites",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "django.contrib.admin",
        "django.contrib.humanize",
        "rest_framework",
        "helpdesk",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
application = get_wsgi_application()
LOG = logging.getLogger("helpdesk")


@csrf_exempt
def mail(request):
    """One e-mail, as it came: a ticket."""
    from helpdesk.email import extract_email_metadata
    from helpdesk.models import Queue

    ticket = extract_email_metadata(request.body.decode(), Queue.objects.get(slug="bench"), LOG)
    return HttpResponse(status=201 if ticket else 422)


urlpatterns = [
    path("mail", mail),
    path("", include("helpdesk.urls", namespace="helpdesk")),
]


def fill(count):
    """Tables, a log-in, a queue, and so many tickets."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from helpdesk.models import Queue, Ticket

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("bench", "bench@example.org", "bench")
    queue = Queue.objects.create(title="bench", slug="bench", email_address="bench@example.org")
    Ticket.objects.bulk_create(
        (
            Ticket(
                queue=queue,
                title=f"A bomba de agua avariou no bloco {number}",
                description="ha tres dias sem agua",
                submitter_email=f"p{number}@example.org",
                status=1 + number % 4,
            )
            for number in range(count)
        ),
        batch_size=5000,
    )


if __name__ == "__main__":
    fill(int(sys.argv[2]))
