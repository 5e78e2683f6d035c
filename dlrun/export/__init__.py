"""A run as a Python script that needs no dlrun: pandas, scikit-learn, NumPy, Keras.

Each file writes one stretch of the script, in the order in which it is read: files, rows (prepare), split, columns,
windows, network, fit, scores. `script.py` puts them together. A stretch is a list of lines; every name and value of
the user's in them is a literal made by `source.literal`, so nothing that a config or a data file says becomes code.
What cannot be written so is told to `Unwritable`, all of it at once.
"""
