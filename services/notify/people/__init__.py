"""What is kept of a person here, for the desk: whom somebody seeks, and what happened with them."""
