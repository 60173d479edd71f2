"""Texts as they came -> what the directory holds: numbers, days, telephone numbers, points, services, words.

One module for a kind of value; ``gvrc/normalise.py`` calls them for columns, the others for one text.
"""
