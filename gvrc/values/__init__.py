"""Texts as they came -> what the directory holds: numbers, days, telephone numbers, points, services, words.

Each module reads one kind of value; ``gvrc/normalise.py`` calls them for columns, the others for single texts.
"""
