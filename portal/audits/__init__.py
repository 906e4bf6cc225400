"""Audits after release: selection, dossier, plan, the signed outcomes, reply, appeal and payment."""
