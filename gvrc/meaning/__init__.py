"""What keys mean (``keys.csv``), which are of people and their cases (``words.csv``), and how a key may be shown.

It imports no other part of the importer: reading, values and shapes ask it.
"""
