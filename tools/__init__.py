"""Tools of this checkout; none of them ships."""
