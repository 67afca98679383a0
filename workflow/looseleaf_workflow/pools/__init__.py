"""Shared pools (公海): records without an owner that members may claim, and what brings an idle record back."""
