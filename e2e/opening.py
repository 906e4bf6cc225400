"""Two administrators let the exchange with a partner begin."""

from e2e.visitor import Visitor


def switch_on(asel: Visitor, aliya: Visitor, partner: str, address: str) -> None:
    """Have one administrator say where a partner is and ask for the exchange, and another one confirm that."""
    asel.open(f"/administration/partners/{partner}")
    page = asel.page
    off = page.get_by_role("button", name="Switch the exchange off")
    if off.is_visible():
        asel.follow(off)
    page.click("summary")
    page.fill("#address", address)
    asel.follow(page.get_by_role("button", name="Save the change"))
    page.click("text=Switch the exchange on")
    page.wait_for_url("**/proposal")
    aliya.open(f"/administration/partners/{partner}/proposal")
    aliya.look(f"partners-proposal-{partner}")
    aliya.page.click("text=Confirm the change")
    aliya.page.wait_for_selector("text=Switch the exchange off")
