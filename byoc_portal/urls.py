"""All addresses are the application's; the problem pages too."""

from django.urls import include, path

urlpatterns = [path("", include("activation.urls"))]

handler400 = "activation.views.problems.bad_request"
handler403 = "activation.views.problems.forbidden"
handler404 = "activation.views.problems.not_found"
# Not Django's: allauth looks for it when somebody asked too often.
handler429 = "activation.views.problems.too_many"
handler500 = "activation.views.problems.server_error"
