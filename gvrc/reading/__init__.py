"""Bytes of a source file -> the records in it, opened to fields: what ``gvrc/extract.py`` calls.

``decode.py`` gives text in chunks, ``document.py`` finds where the records are, by ``cursor.py`` and ``elements.py``;
``records.py`` makes objects of them, or ``alike.py`` columns at once; ``opening.py`` opens them to the fields that
``fields.py`` names. The other modules each know one form that files come in.
"""
