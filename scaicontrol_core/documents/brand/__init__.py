"""A brand: the logos and fonts that a partner's documents are set with.

An asset is named by the sha256 of its bytes and kept in the object store for ever: a document
that was made with it can always be made again, whatever the partner uses today.
"""
