"""Regions on a picture: drawing, editing, listing and measuring them."""
