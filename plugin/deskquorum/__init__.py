"""deskquorum."""
