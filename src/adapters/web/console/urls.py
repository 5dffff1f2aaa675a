from django.urls import path

from adapters.web.console import account, find, sign_in

app_name = "console"
urlpatterns = [
    path("", find.find, name="find"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("patients/<uuid:patient_id>/", find.find, name="patient"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password"),
]
