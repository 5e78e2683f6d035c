"""What a person sees: live progress, tables and sentences on stdout."""
