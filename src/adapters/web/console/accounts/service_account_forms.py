"""Creating a service account, and changing its role."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from adapters.web.console.accounts.account_forms import FormText, RoleForm, show_form
from adapters.web.console.accounts.service_accounts import Update, View
from adapters.web.console.once import Done
from adapters.web.console.sent_forms import send_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.access import Permission
from core.accounts.service_accounts import MAX_SERVICE_NAME_LENGTH
from core.accounts.use_cases import CreateServiceAccount


class NewServiceAccountForm(RoleForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_SERVICE_NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Of the machine or its task, such as lab-import. The history keeps it for ever."),
    )
    field_order = ("name", "role")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def new_service_account(
    request: HttpRequest, create: Annotated[CreateServiceAccount, Provide["create_service_account"]]
) -> HttpResponse:
    actor = actor_of(request)
    actor.require(Permission.MANAGE_USERS)
    form = NewServiceAccountForm(request.POST if request.method == "POST" else None)

    def work() -> Done:
        made = create(actor=actor, **form.cleaned_data)
        return Done(
            reverse("console:service_account", args=[made.id]),
            _("The service account is created. Make a key, with which the machine signs in."),
        )

    title = _("Create a service account")
    hint = _("Next, you make a key, which may have fewer permissions than the role.")
    text = FormText(title, title, hint, _("Create the account"), reverse("console:service_accounts"))
    return send_once(request, form, work) or show_form(request, form, text)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def change_service_role(request: HttpRequest, account_id: UUID, view: View, update: Update) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:service_account", args=[account_id])
    account = view(actor=actor, account_id=account_id)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": account.role})

    def work() -> Done:
        update(actor=actor, account_id=account_id, **form.cleaned_data)
        return Done(back, _("The role is changed."))

    hint = _("The new role applies from the next request on. A key that is limited to permissions gets no other ones.")
    heading = _("The role of %(name)s") % {"name": account.name}
    text = FormText(_("Change the role"), heading, hint, _("Change the role"), back)
    return send_once(request, form, work) or show_form(request, form, text)
