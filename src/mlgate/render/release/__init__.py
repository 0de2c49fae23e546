"""A release for people and for machines: steps, page, card, bill of materials, statement."""
