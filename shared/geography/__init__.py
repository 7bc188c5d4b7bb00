"""Postcodes of the Netherlands and Belgium, facilities, and distances between them."""

from shared.geography.facilities import Facility as Facility
from shared.geography.facilities import facilities as facilities
from shared.geography.facilities import facility as facility
from shared.geography.places import Place as Place
from shared.geography.places import distance_km as distance_km
from shared.geography.places import find as find
from shared.geography.places import home_language as home_language
