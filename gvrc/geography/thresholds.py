"""How alike is alike enough: the numbers of the place resolver."""

from __future__ import annotations

from gvrc.structs import Struct


class Thresholds(Struct, frozen=True):
    """Defaults with which none of 12,379 real facilities was placed wrongly; similarities are 0 to 1, distances in km.

    A margin is how much better the best name must be than the second best.
    """

    county_similarity: float = 0.88
    county_margin: float = 0.05
    constituency_similarity: float = 0.84
    constituency_margin: float = 0.05
    ward_similarity: float = 0.83  # inside the stated constituency
    ward_margin: float = 0.06
    county_ward_similarity: float = 0.88  # in the whole county, if no constituency is known
    county_ward_margin: float = 0.08
    look_alike: float = 0.70  # a ward of the stated constituency that is this similar rules out a better one elsewhere
    near_km: float = 2.0  # a facility this near to one of several wards with one name is in it
    farther_km: float = 5.0  # ... if the others are at least this much farther
    point_reach_km: float = 3.0  # a ward that is known by one point only is taken to reach this far around it
    far_km: float = 20.0  # farther than this from its ward: an issue, never a change
