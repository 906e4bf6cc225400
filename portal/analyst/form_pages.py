"""The form of a profile, the preview of what it says, files of profiles, and back-tests."""

from datetime import date
from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.analyst import forms, options, pictures
from portal.analyst.asking import SEE_OTHER, AnalystRequest, refusals, show
from portal.analyst.composing import one
from portal.analyst.forms import Form, Wrong
from portal.analyst.steering import Opened, Steering
from portal.analyst.words import section
from portal.pages import Pages, go, language_of, wants_fragment
from risk_gateway.errors import ProfileRefused, RiskGatewayError
from risk_gateway.knowledge import parse_profiles, shipped_parameters
from risk_gateway.sentences import sentence
from risk_gateway.validation import well_formed
from risk_gateway.words import Words

FILE_BYTES_MAX: Final = 200_000
PARTS: Final = ("composer", "measures", "preview")


class ProfileForms(Controller):
    path = "/risk/profiles"
    opt = {"need": Permission.STEER_RISK}  # noqa: RUF012

    @get("/new", name="new-profile", sync_to_thread=True)
    def new(
        self, request: AnalystRequest, pages: NamedDependency[Pages], steering: NamedDependency[Steering]
    ) -> Response[str]:
        return _show_form(request, pages, steering, forms.empty(steering.today()), None)

    @get("/{code:str}/edit", name="edit-profile", sync_to_thread=True)
    def edit(
        self,
        request: AnalystRequest,
        code: FromPath[str],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
        version: FromQuery[int | None] = None,
    ) -> Response[str]:
        """Show the form with what a version says; saving makes a new version."""
        opened = steering.open(request.user, code, version)
        return _show_form(request, pages, steering, forms.of_profile(opened.profile), opened)

    @post("/new", name="save-new-profile", status_code=SEE_OTHER, sync_to_thread=True)
    def save_new(
        self,
        request: AnalystRequest,
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
    ) -> Response[str] | Redirect:
        return _save(request, pages, steering, data, None)

    @post("/{code:str}/edit", name="save-profile", status_code=SEE_OTHER, sync_to_thread=True)
    def save(
        self,
        request: AnalystRequest,
        code: FromPath[str],
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
        version: FromQuery[int | None] = None,
    ) -> Response[str] | Redirect:
        opened = steering.open(request.user, code, version)
        return _save(request, pages, steering, {**data, "code": opened.profile.code}, opened)

    @post("/preview", name="preview-profile", status_code=200, sync_to_thread=True)
    def preview(
        self,
        request: AnalystRequest,
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
        part: FromQuery[str] = "preview",
    ) -> Response[str]:
        """Return a part of the form as it is filled in now; nothing is kept."""
        template = f"_{part if part in PARTS else 'preview'}.html"
        return _show_form(request, pages, steering, forms.of_fields(data), None, template=template)

    @get("/import", name="import-profile", sync_to_thread=True)
    def ask_for_file(self, request: AnalystRequest, pages: NamedDependency[Pages]) -> Response[str]:
        return show(request, pages, "import.html")

    @post("/import", name="read-profile-file", status_code=200, sync_to_thread=True)
    def read_file(
        self,
        request: AnalystRequest,
        data: MultipartBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
    ) -> Response[str]:
        """Show the form with what stands in a file; nothing is kept yet."""
        upload = data.get("file")
        content = upload.file.read(FILE_BYTES_MAX + 1) if isinstance(upload, UploadFile) else b""
        try:
            profiles = parse_profiles(content.decode("utf-8"), "TOML")
        except UnicodeDecodeError:
            profiles = ()
        except ProfileRefused as error:
            return show(request, pages, "import.html", wrong=[Wrong("file", error.texts)])
        if len(profiles) != 1 or len(content) > FILE_BYTES_MAX:
            return show(request, pages, "import.html", wrong=[Wrong("file", section("trouble")["file"])])
        return _show_form(request, pages, steering, forms.of_profile(profiles[0]), None)

    @get("/{code:str}/{version:int}/back-test", name="back-test", sync_to_thread=True)
    def back_test(
        self,
        request: AnalystRequest,
        code: FromPath[str],
        version: FromPath[int],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
    ) -> Response[str]:
        """Ask for days, show how far it has come, or what it has shown; with htmx only that part."""
        return _show_back_test(request, pages, steering, steering.open(request.user, code, version), ())

    @post("/{code:str}/{version:int}/back-test", name="begin-back-test", status_code=SEE_OTHER, sync_to_thread=True)
    def begin(
        self,
        request: AnalystRequest,
        code: FromPath[str],
        version: FromPath[int],
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
    ) -> Response[str] | Redirect:
        days, wrong = days_of(data)
        if not wrong:
            try:
                steering.back_test(request.user, code, version, *days)
                return go(request, "back-test", code=code, version=version)
            except RiskGatewayError as error:
                wrong = refusals(error)
        opened = steering.open(request.user, code, version)
        return _show_back_test(request, pages, steering, opened, wrong, data)


def days_of(data: dict[str, Any]) -> tuple[tuple[date | None, date | None], list[Wrong]]:
    """Return the first and the last day of a form, None where a field is empty, and what is wrong with them."""
    days: list[date | None] = []
    wrong: list[Wrong] = []
    for name in ("first", "last"):
        try:
            days.append(date.fromisoformat(one(data, name)) if one(data, name) else None)
        except ValueError:
            days.append(None)
            wrong.append(Wrong(name, section("trouble")["day"]))
    first, last = days
    if first and last and first > last:
        wrong.append(Wrong("first", section("trouble")["span"]))
    return (first, last), wrong


def _save(
    request: AnalystRequest, pages: Pages, steering: Steering, data: dict[str, Any], opened: Opened | None
) -> Response[str] | Redirect:
    """Keep the form as a new version, or show it again: with a row more or less, or with what is wrong."""
    form = forms.of_fields(data)
    if one(data, "add") or one(data, "remove") or one(data, "again"):
        return _show_form(request, pages, steering, form, opened)
    filled = forms.fill(form, request.user.iin, steering.today())
    unfinished = one(data, "save") == "unfinished"
    wrong = [*(filled.unread if unfinished else filled.wrong(steering.today()))]
    if not wrong:
        try:
            kept = steering.save(request.user, filled.profile, check=not unfinished)
            return go(request, "profile", f"?version={kept.version}", code=kept.code)
        except RiskGatewayError as error:
            wrong = refusals(error, "posts" if error.code == "move-outside-posts" else "code")
    return _show_form(request, pages, steering, form, opened, wrong)


def _show_form(
    request: AnalystRequest,
    pages: Pages,
    steering: Steering,
    form: Form,
    opened: Opened | None,
    wrong: list[Wrong] | None = None,
    template: str = "form.html",
) -> Response[str]:
    language, today = language_of(request), steering.today()
    numbers = shipped_parameters(today)
    return show(
        request,
        pages,
        template,
        bands=(numbers.documentary_from, numbers.inspection_from),
        wrong=wrong or (),
        form=form,
        opened=opened,
        options=options.for_form(language, today, steering.analyst(request.user)),
        **_previewed(form, request.user.iin, language, today),
    )


def _previewed(form: Form, author: str, language: str, today: date) -> dict[str, Any]:
    """Return the plain sentence of a form, or what hinders it from being said."""
    filled = forms.fill(form, author, today)
    rows = [each for each in filled.unread if each.field.startswith("c") and "." in each.field and each.field[1] == "."]
    if rows or not well_formed(filled.profile):
        broken: list[Words] = [] if rows else [each.text for each in filled.wrong(today) if _of_sentence(each.field)]
        return {"preview": None, "missing": [each.into(language) for each in broken]}
    of_condition = [] if filled.unread else [each for each in filled.wrong(today) if _of_sentence(each.field)]
    return {
        "preview": sentence(filled.profile, language, today),
        "missing": [each.text.into(language) for each in of_condition],
    }


def _of_sentence(field: str) -> bool:
    return field == "c" or field.startswith(("c.", "area."))


def _show_back_test(
    request: AnalystRequest,
    pages: Pages,
    steering: Steering,
    opened: Opened,
    wrong: Any,
    data: dict[str, Any] | None = None,
) -> Response[str]:
    language = language_of(request)
    there = steering.span(opened.profile)
    given = data or {}
    return show(
        request,
        pages,
        "_progress.html" if wants_fragment(request) else "back_test.html",
        wrong=wrong,
        opened=opened,
        profile=opened.profile,
        there=there,
        first=one(given, "first") or (there[0].isoformat() if there else ""),
        last=one(given, "last") or (there[1].isoformat() if there else ""),
        reported=pictures.of_report(opened.report, language) if opened.report else (),
        hindrance=refusals(opened.hinders)[0].text.into(language) if opened.hinders else None,
    )
