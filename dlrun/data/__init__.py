"""Files to tables, tables to parts."""
