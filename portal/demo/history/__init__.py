"""Histories that never happened: firms, declarations, planted frauds, what the gateway and the controls made of them.

docs/generator.md says what was assumed. Nothing here is a measurement of real trade.
"""
