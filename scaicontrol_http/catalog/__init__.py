"""The catalogue over HTTP: public pages of what is on offer, plans for its editors."""
