"""Several runs on one page: a section a file, made from `Compared`; put a new one into `_SECTIONS` of `write.py`."""
