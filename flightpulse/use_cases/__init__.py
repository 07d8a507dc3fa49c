"""What the functions do, apart from how AWS calls them: logic that is built from ports given to it."""
