"""Where a facility is: the reference of wards, and the resolver that finds the right one or none (docs/places.md).

``resolver.py`` is what a run asks. What names are compared with: ``reference.py`` and ``aliases.py`` read it,
``labels.py`` finds the official ward of each of the database's, ``gazetteer.py`` holds both. How: ``names.py`` makes
the forms of a name, by the lists of ``words.py``; ``similar.py`` says how alike two are.

A place: ``chains.py`` and ``exchanges.py`` put its cells right, ``parents.py`` finds county and constituency,
``matches.py`` the wards that its name fits, ``evidence.py`` what speaks for each, and ``decisions.py`` chooses.
``distances.py`` and ``boundaries.py`` settle ties and warn. For what stays open, ``candidates.py`` and
``suggestions.py`` tell a person what may be meant.

``mapper.py`` is the guide's face, ``listing.py`` answers lists of places, ``check.py`` checks the shipped tables.
"""
