"""Transformed records -> the database: what ``gvrc/pipeline.py`` and ``gvrc/load.py`` call.

``settled.py`` leaves out what is there already, ``stage.py`` parts a batch, ``commit.py`` makes one transaction of it,
``meet.py`` finds the facility of each record and ``merge.py`` writes it by the statements of ``sql/merge``, or
``lone.py`` copies it into an empty directory at once; ``failed.py`` and ``take_back.py`` take back what must not stay.
"""
