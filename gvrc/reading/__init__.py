"""Bytes of a source file -> the records in it, opened to fields: what ``gvrc/extract.py`` calls.

Finding: ``decode.py`` gives text in chunks, ``document.py`` walks it to where the records are, by ``cursor.py`` and
``elements.py``. What stands around records goes with them (``around.py``), what is not about facilities is passed over
(``passed_over.py``), and what else the walk meets is noted (``walked.py``). What records refer to in other lists of
their file is found by ``links.py``, ``linked_rows.py``, ``link_keys.py`` and ``side_tables.py``. Codes and points that
a whole list shows to be of no single facility are taken off: ``repeated_codes.py``, ``shared_points.py``.

Opening: ``records.py`` makes objects of records, or ``alike.py`` columns at once; ``raw.py`` keeps their texts, and
``people.py`` rejects those of people. ``opening.py`` opens them to the fields that ``fields.py`` names: ``fitting.py``
says what could be meant, ``offers.py`` what is taken, ``left_over.py`` what is not.

The other modules each know one form that files, records or values come in.
"""
