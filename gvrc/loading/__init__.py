"""Transformed records -> the database: what ``gvrc/pipeline.py`` and ``gvrc/load.py`` call.

Before a batch: ``directory.py`` reads what must be known of the database, ``staging_tables.py`` makes the tables of a
run, ``settled.py`` leaves out what is there already.

A batch: ``stage.py`` brings it into the frames of ``staging.py``, ``schema.py`` checks it, ``commit.py`` makes one
transaction of it. ``reinstated.py`` lets superseded records count again, ``meet.py`` finds the facility of each record
and ``merge.py`` writes it by the statements of ``sql/merge``; where tables have triggers, ``watched.py`` checks what
these left. Into an empty directory ``lone.py`` copies at once what ``brought.py`` finds to be sure, and
``first_load.py`` checks foreign keys at the end.

After the last batch: ``freed.py`` gives out what was freed, ``neighbours.py`` and ``unsent.py`` look at what all
batches left together.

``failed.py`` and ``take_back.py`` take back what must not stay; ``overlapping.py`` says to what, if others wrote, too.
"""
