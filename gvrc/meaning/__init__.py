"""Which keys mean what (``keys.csv``), which are of people and their cases (``words.csv``), how a key may be shown.

It knows no other part of the importer: reading, values and shapes ask it.
"""
