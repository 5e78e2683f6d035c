"""Campaigns: thousands of broken, hostile and unlucky inputs, and whether dlrun held; `python -m tests.campaigns`."""
