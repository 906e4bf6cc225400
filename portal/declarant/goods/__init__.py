"""Goods: items from files, the tariff searched, duties calculated, and declarations made elsewhere checked."""
