"""Link management system for door panels and monitors: apartments, time profiles and contacts, bound by link_id."""

__version__ = "0.1.0"
