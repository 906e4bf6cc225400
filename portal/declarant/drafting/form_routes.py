"""The pages of one draft: its task list, the pages of the form, and the goods items."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from portal.access import Permission
from portal.declarant.drafting import items as goods
from portal.declarant.drafting.entering import digest
from portal.declarant.drafting.filling import Filling, asked, fields, filled
from portal.declarant.drafting.form import Section, item_section, sections_of
from portal.declarant.drafting.lodging import examine
from portal.declarant.drafting.pages import form_context, progress, proposed_for
from portal.declarant.drafting.routes import DRAFT, REFUSED, PersonRequest, Sent, see_other, strings
from portal.declarant.drafting.service import Drafting, Saved, page_of
from portal.declarant.drafting.store import ITEMS_MAX, Draft, TooManyItems
from portal.declarant.drafting.troubles import Trouble, malformed
from portal.pages import Pages, language_of
from risk_gateway.days import day_of

ITEMS_ON_PAGE: Final = 50


class DraftForm(Controller):
    path = "/drafts/{draft:str}"
    opt = {"need": Permission.DRAFT_DECLARATIONS}  # noqa: RUF012
    dependencies = DRAFT

    @get(name="draft", sync_to_thread=True)
    def task_list(
        self,
        request: PersonRequest,
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[str]:
        """Show the sections of the form and how far each has come."""
        names = {each.identifier: each.name for each in drafting.principals(request.user)}
        return pages.answer(
            request,
            "drafting/tasks.html",
            draft=found,
            tasks=progress(found, language_of(request)),
            declarant_name=names.get(found.declarant, found.declarant),
        )

    @post("/name", name="rename-draft", sync_to_thread=True)
    def rename(
        self, request: PersonRequest, data: Sent, found: NamedDependency[Draft], drafting: NamedDependency[Drafting]
    ) -> Redirect:
        drafting.rename(request.user, found.id, strings(data).get("name", "").strip())
        return see_other(request, "draft", draft=found.id)

    @post("/copy", name="copy-draft", sync_to_thread=True)
    def copy(
        self, request: PersonRequest, data: Sent, found: NamedDependency[Draft], drafting: NamedDependency[Drafting]
    ) -> Redirect:
        """Make another draft like this one, or a template of it."""
        template = strings(data).get("as") == "template"
        name = strings(data).get("name", "").strip() or found.name
        made = drafting.copy(request.user, found, found.content, name, template=template)
        if made is None:
            raise NotFoundException
        return see_other(request, "drafts") if template else see_other(request, "draft", draft=made.id)

    @post("/delete", name="delete-draft", sync_to_thread=True)
    def delete(
        self, request: PersonRequest, found: NamedDependency[Draft], drafting: NamedDependency[Drafting]
    ) -> Redirect:
        drafting.remove(request.user, found.id)
        return see_other(request, "drafts")

    @get("/sections/{section:str}", name="draft-section", sync_to_thread=True)
    def section_page(
        self,
        request: PersonRequest,
        section: FromPath[str],
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        checked: FromQuery[bool] = False,
    ) -> Response[str] | Redirect:
        """Show one page of the form; `checked` with what a check of the whole finds there."""
        if found.lodged_as:
            return see_other(request, "draft", draft=found.id)
        page = section_of(found, section)
        troubles = page_troubles(drafting, found, page, None, language_of(request), whole=checked)
        return self._show(request, pages, drafting, found, page, None, troubles)

    @post("/sections/{section:str}", name="save-section", sync_to_thread=True)
    def save_section(
        self,
        request: PersonRequest,
        data: Sent,
        section: FromPath[str],
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[Any]:
        """Save one page of the form. Autosave gets JSON, a person the next page."""
        page = section_of(found, section)
        saved = self._saved(request, drafting, found, page, data, None)
        if isinstance(saved, Response):
            return saved
        if saved.conflict or "stay" in data or "remove" in data or "add" in data:
            return self._again(request, pages, drafting, saved, page, None, strings(data))
        troubles = page_troubles(drafting, saved.draft, page, None, language_of(request))
        if troubles:
            return self._show(request, pages, drafting, saved.draft, page, None, troubles, status=REFUSED)
        following = following_section(found, page)
        if "list" in data or following is None:
            return see_other(request, "draft", draft=found.id)
        if following.kind == "goods":
            return see_other(request, "draft-items", draft=found.id)
        return see_other(request, "draft-section", draft=found.id, section=following.id)

    @get("/goods", name="draft-items", sync_to_thread=True)
    def items_page(
        self,
        request: PersonRequest,
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        first: FromQuery[int] = 1,
        done: FromQuery[int] = 0,
    ) -> Response[str] | Redirect:
        """Show a page of the items; `done` tells how many were filled in just now."""
        if found.lodged_as:
            return see_other(request, "draft", draft=found.id)
        return self._items_page(request, pages, drafting, found, first, done=done)

    @post("/goods", name="change-items", sync_to_thread=True)
    def change_items(
        self,
        request: PersonRequest,
        data: Sent,
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[Any]:
        """Add, copy or delete an item."""
        sent = strings(data)
        change = goods.change_of(sent)
        if change is None:
            raise NotFoundException
        try:
            changed = drafting.change_items(request.user, found.id, change)
        except TooManyItems:
            return self._items_page(request, pages, drafting, found, 1, too_many=True)
        if changed is None:
            raise NotFoundException
        if "delete" in sent or "delete_all" in sent:
            first = goods.first_of_page(int(sent.get("delete", "1")), ITEMS_ON_PAGE)
            return see_other(request, "draft-items", f"?first={first}", draft=found.id)
        number = goods.number_after(sent, changed)
        return see_other(request, "draft-item", draft=found.id, item=number)

    @post("/goods/fill", name="fill-items", sync_to_thread=True)
    def fill_items(
        self,
        request: PersonRequest,
        data: Sent,
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[Any]:
        """Put the same values into many items."""
        filling = asked(found, strings(data), language_of(request))
        if filling.errors:
            return self._items_page(request, pages, drafting, found, 1, filling=filling)
        if drafting.change_items(request.user, found.id, partial(filled, filling)) is None:
            raise NotFoundException
        return see_other(request, "draft-items", f"?done={len(filling.items)}#filled", draft=found.id)

    @get("/goods/{item:int}", name="draft-item", sync_to_thread=True)
    def item_page(
        self,
        request: PersonRequest,
        item: FromPath[int],
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        checked: FromQuery[bool] = False,
    ) -> Response[str] | Redirect:
        """Show one item."""
        if found.lodged_as:
            return see_other(request, "draft", draft=found.id)
        if not 1 <= item <= len(found.content.items):
            raise NotFoundException
        page = item_section()
        troubles = page_troubles(drafting, found, page, item, language_of(request), whole=checked)
        return self._show(request, pages, drafting, found, page, item, troubles)

    @post("/goods/{item:int}", name="save-item", sync_to_thread=True)
    def save_item(
        self,
        request: PersonRequest,
        data: Sent,
        item: FromPath[int],
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[Any]:
        """Save one item."""
        page, sent = item_section(), strings(data)
        saved = self._saved(request, drafting, found, page, data, item)
        if isinstance(saved, Response):
            return saved
        if saved.conflict or "stay" in data or "remove" in data or "add" in data:
            return self._again(request, pages, drafting, saved, page, item, sent)
        troubles = page_troubles(drafting, saved.draft, page, item, language_of(request))
        if troubles:
            return self._show(request, pages, drafting, saved.draft, page, item, troubles, status=REFUSED)
        if "another" in sent or "copy" in sent:
            change = goods.added if "another" in sent else goods.copied(item)
            try:
                changed = drafting.change_items(request.user, found.id, change)
            except TooManyItems:
                return self._items_page(request, pages, drafting, saved.draft, 1, too_many=True)
            number = len(changed.content.items) if changed and "another" in sent else item + 1
            return see_other(request, "draft-item", draft=found.id, item=number)
        if "next" in sent and item < len(saved.draft.content.items):
            return see_other(request, "draft-item", draft=found.id, item=item + 1)
        first = goods.first_of_page(item, ITEMS_ON_PAGE)
        return see_other(request, "draft-items", f"?first={first}", draft=found.id)

    def _saved(
        self,
        request: PersonRequest,
        drafting: Drafting,
        found: Draft,
        page: Section,
        data: dict[str, Any],
        item: int | None,
    ) -> Saved | Response[Any]:
        """Save the page; answer an autosave at once."""
        sent = strings(data)
        saved = drafting.save_page(request.user, found.id, page, sent, sent.get("base"), item, sent.get("remove"))
        if saved is None:
            raise NotFoundException
        if request.headers.get("x-autosave") is None:
            return saved
        draft, language = saved.draft, language_of(request)
        values = page_of(draft, page, item)
        troubles = malformed(page, draft.kind, values, language, item)
        return Response(
            {
                "conflict": saved.conflict,
                "base": digest(page, draft.kind, values),
                "errors": {trouble.path: trouble.text for trouble in troubles},
                "proposed": proposed_for(draft, page, item, drafting.codes(), day_of(drafting.office.clock.now())),
            },
            status_code=REFUSED if saved.conflict else 200,
        )

    def _again(
        self,
        request: PersonRequest,
        pages: Pages,
        drafting: Drafting,
        saved: Saved,
        page: Section,
        item: int | None,
        sent: Mapping[str, str],
    ) -> Response[Any]:
        """Show the page once more: as it was sent when another window changed it meanwhile, else as it was saved."""
        if not saved.conflict:
            anchor = f"?saved=1#{row}" if (row := sent.get("add")) else "?saved=1"
            if item is not None:
                return see_other(request, "draft-item", anchor, draft=saved.draft.id, item=item)
            return see_other(request, "draft-section", anchor, draft=saved.draft.id, section=page.id)
        return self._show(request, pages, drafting, saved.draft, page, item, [], status=REFUSED, sent=sent)

    def _show(
        self,
        request: PersonRequest,
        pages: Pages,
        drafting: Drafting,
        draft: Draft,
        page: Section,
        item: int | None,
        troubles: list[Trouble],
        *,
        status: int = 200,
        sent: Mapping[str, str] | None = None,
    ) -> Response[str]:
        context = form_context(
            draft,
            page,
            item,
            drafting.codes(),
            day_of(drafting.office.clock.now()),
            language_of(request),
            troubles,
            sent,
        )
        template = "drafting/item.html" if item is not None else "drafting/section.html"
        return pages.answer(request, template, status=status, draft=draft, item=item, **context)

    def _items_page(
        self,
        request: PersonRequest,
        pages: Pages,
        drafting: Drafting,
        draft: Draft,
        first: int,
        *,
        too_many: bool = False,
        done: int = 0,
        filling: Filling | None = None,
    ) -> Response[str]:
        first = goods.first_of_page(max(1, min(first, max(1, len(draft.content.items)))), ITEMS_ON_PAGE)
        return pages.answer(
            request,
            "drafting/items.html",
            status=REFUSED if too_many or filling else 200,
            draft=draft,
            filled=done,
            filling=filling or Filling({}),
            fill_fields=fields(),
            lines=goods.lines(draft, drafting.codes(), first, ITEMS_ON_PAGE, language_of(request)),
            totals=goods.totals(draft, drafting.codes()),
            first=first,
            items_on_page=ITEMS_ON_PAGE,
            items_max=ITEMS_MAX,
            too_many=too_many,
        )


def page_troubles(
    drafting: Drafting, draft: Draft, page: Section, item: int | None, language: str, *, whole: bool = False
) -> list[Trouble]:
    """Return what is wrong on a page: what cannot stand there, and with `whole` what a check of the draft finds."""
    found = malformed(page, draft.kind, page_of(draft, page, item), language, item)
    if not whole or found:
        return found
    here = item is not None
    of_documents = page.kind == "documents"
    return [
        trouble
        for trouble in examine(drafting, draft, language).troubles
        if (trouble.item == item and trouble.section == "item" if here else trouble.section == page.id)
        or (of_documents and trouble.item == 1 and trouble.path.startswith("AdditionalDocument"))
    ]


def section_of(draft: Draft, name: str) -> Section:
    found = next((each for each in sections_of(draft.kind, draft.corrects is not None) if each.id == name), None)
    if found is None or found.kind == "goods":
        raise NotFoundException
    return found


def following_section(draft: Draft, page: Section) -> Section | None:
    """Return the section after this one, None after the last."""
    all_sections = sections_of(draft.kind, draft.corrects is not None)
    at = all_sections.index(page) + 1
    return all_sections[at] if at < len(all_sections) else None
