"""Controls: the rules that a declaration must keep, beyond its schema."""

from typing import Final

from declarations.controls import (
    code_lists,
    commodity,
    documents,
    header,
    parties,
    payments,
    signatory,
    sums,
    transport,
    valuation,
)
from declarations.controls.control import Context, Control, Place
from declarations.defects import Defect
from declarations.model import Declaration

__all__ = ["CONTROLS", "Context", "Control", "Place", "check"]

CONTROLS: Final[tuple[Control, ...]] = (
    header.correction_names_its_declaration,
    header.original_has_no_number,
    header.only_corrections_have_amendments,
    header.registration_number_has_a_real_date,
    header.procedure_fits_type,
    header.items_have_the_declared_procedure,
    header.only_transit_has_transit_particulars,
    header.not_issued_in_the_future,
    header.office_is_known,
    header.other_offices_are_known,
    parties.declarant_gives_a_number,
    parties.bins_are_well_formed,
    parties.iins_are_well_formed,
    parties.countries_of_addresses_are_known,
    parties.broker_gives_a_number,
    parties.contract_of_the_broker_is_signed,
    parties.registry_number_of_the_broker_is_well_formed,
    parties.broker_is_not_the_declarant,
    sums.number_of_items_agrees,
    sums.items_are_numbered_in_turn,
    sums.packages_add_up,
    sums.customs_values_add_up,
    sums.item_prices_add_up,
    sums.prices_are_in_the_invoice_currency,
    sums.customs_values_are_in_tenge,
    sums.statistical_values_are_in_dollars,
    sums.net_mass_is_within_gross,
    sums.mass_without_packing_is_within_net,
    valuation.customs_value_follows_from_the_price,
    valuation.exchange_rate_is_the_published_one,
    valuation.currency_of_the_price_has_a_rate,
    valuation.currency_has_one_rate,
    valuation.rate_is_not_of_a_later_day,
    valuation.rate_is_for_at_least_one_unit,
    valuation.valuation_method_is_known,
    valuation.charges_have_their_sign,
    commodity.commodity_code_is_long_enough,
    commodity.commodity_code_is_of_a_chapter,
    commodity.commodity_code_is_in_the_tariff,
    commodity.quantity_is_in_the_supplementary_unit,
    commodity.quantity_that_the_rate_needs_is_there,
    commodity.vehicles_are_not_of_a_later_year,
    code_lists.countries_of_origin_are_known,
    code_lists.countries_of_the_route_are_known,
    code_lists.currencies_are_known,
    code_lists.units_are_known,
    code_lists.packages_are_known,
    code_lists.preferences_have_their_form,
    code_lists.procedures_are_known,
    code_lists.previous_procedure_has_its_document,
    code_lists.following_procedure_has_a_previous_one,
    code_lists.quota_says_how_much,
    code_lists.goods_are_within_the_quota,
    transport.terms_of_delivery_are_known,
    transport.modes_of_transport_are_known,
    transport.container_numbers_check,
    transport.containers_of_items_are_listed,
    transport.containers_are_listed_once,
    transport.container_flag_agrees,
    transport.limit_date_is_not_past,
    documents.kinds_of_documents_are_known,
    documents.documents_are_already_issued,
    documents.documents_are_still_valid,
    documents.documents_expire_after_they_begin,
    documents.attachments_are_digests,
    documents.countries_of_documents_are_known,
    documents.previous_documents_are_already_issued,
    payments.kinds_of_payments_are_known,
    payments.payments_are_in_tenge,
    payments.payment_lines_recompute,
    payments.duty_agrees_with_the_tariff,
    payments.excise_agrees_with_the_tax_code,
    payments.vat_agrees_with_the_tax_code,
    payments.payments_add_up,
    payments.deferred_payments_are_not_yet_due,
    payments.guarantees_are_already_issued,
    payments.payment_documents_are_already_issued,
    signatory.signatory_is_the_signer,
    signatory.not_signed_in_the_future,
    signatory.not_signed_after_it_was_issued,
)


def check(declaration: Declaration, context: Context) -> tuple[Defect, ...]:
    """Return every defect of `declaration`, control by control; () when it keeps all rules."""
    today = context.today
    return tuple(
        Defect(control.code, place.box or control.box, place.item, place.xpath, place.params)
        for control in CONTROLS
        if control.since <= today
        for place in control.find(declaration, context)
    )
