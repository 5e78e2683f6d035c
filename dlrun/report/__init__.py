"""A run, or several, as one HTML page that stands by itself: a section a file, its looks in `assets/`.

To add a section: write `dlrun/report/<name>.py` with a function from a `Source` to a `Section`, its template
`templates/<name>.html`, and put it into `_SECTIONS` of `write.py`.
"""
